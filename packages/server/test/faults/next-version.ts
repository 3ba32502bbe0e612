/** Loaded before a service: gives it scripts that do the same and are others to Redis, as the next version's would be. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const read = fs.readFileSync;
fs.readFileSync = ((path: string | URL, options: "utf8") => {
  const text = read(path, options);
  return String(path).endsWith("prelude.lua") ? `${text}\nlocal version = 2\n` : text;
}) as typeof read;
syncBuiltinESMExports();
