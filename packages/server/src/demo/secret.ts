import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The demo's own token secret, kept beside the data file so that tokens outlive a restart.
 * @throws Error that says what to do when it cannot be read or made
 */
export function demoSecret(dataFile: string): string {
  const file = join(dirname(dataFile), "demo-secret");
  try {
    if (!existsSync(file)) create(file);
    const secret = readFileSync(file, "utf8");
    if (/^[0-9a-f]{64}$/.test(secret)) return secret;
  } catch (cause) {
    throw new Error(`The demo's secret ${file} cannot be used (${(cause as Error).message}). ${advice}`, { cause });
  }
  throw new Error(`The demo's secret ${file} is damaged. ${advice}`);
}

const advice = "Delete it to get a new one, or set JWT_SECRET.";

/** Whole or not at all, and only once, whoever else starts or dies meanwhile. */
function create(file: string): void {
  const draft = `${file}-${process.pid}`;
  try {
    writeFileSync(draft, randomBytes(32).toString("hex"), { mode: 0o600 });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
