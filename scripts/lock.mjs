// Whether package-lock.json was made from the package.json files as they are: what it says they ask for is what they ask for.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { root } from "./node26.mjs";

const asked = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta"];
const folders = ["", ...readdirSync(join(root, "packages")).map((name) => `packages/${name}`)];
const lock = readJson("package-lock.json");
const stale = folders.filter((folder) => {
  const wanted = readJson(join(folder, "package.json"));
  return asked.some((kind) => !isDeepStrictEqual(wanted[kind] ?? {}, lock.packages[folder]?.[kind] ?? {}));
});

for (const folder of stale) {
  console.error(`package-lock.json is not made from ${join(folder, "package.json")}: run "npm install" and commit it.`);
}
process.exitCode = stale.length === 0 ? 0 : 1;

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
