import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The demo's own token secret, kept beside the data file so that tokens outlive a restart. */
export function demoSecret(dataFile: string): string {
  const folder = dirname(dataFile);
  const file = join(folder, "demo-secret");
  if (existsSync(file)) return readFileSync(file, "utf8");
  const secret = randomBytes(32).toString("hex");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}
