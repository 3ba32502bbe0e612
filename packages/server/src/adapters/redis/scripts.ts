import { readFileSync } from "node:fs";
import { Command } from "ioredis";
import type { RedisClient } from "./driver.ts";

interface Script {
  readonly lua: string;
  /** What Redis calls a script it has seen: the SHA-1 of its text. */
  readonly sha: string;
}

const names = [
  "acknowledge",
  "claim",
  "course-announce",
  "course-load",
  "course-publish",
  "course-put",
  "course-read",
  "course-version",
  "erase",
  "poison-list",
  "poison-retry",
  "postpone",
  "read",
  "release",
  "save",
  "start-over",
  "started",
  "stats",
] as const;

export type ScriptName = (typeof names)[number];

const scripts: ReadonlyMap<ScriptName, Script> = new Map(
  await Promise.all(names.map(async (name) => [name, await load(name)] as const)),
);

/** Scripts by what Redis calls them, for whoever reads the wire. */
export const scriptNames: ReadonlyMap<string, ScriptName> = new Map(
  Array.from(scripts, ([name, { sha }]) => [sha, name]),
);

/**
 * Runs a script by its name for Redis. A server that does not know it (restarted, promoted, `SCRIPT FLUSH`) has done nothing,
 * so sending the whole text is no repetition. Rejects with the driver's own errors.
 */
export async function runScript(
  client: RedisClient,
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const { lua, sha } = scripts.get(name) as Script;
  try {
    return await send(client, "evalsha", [sha, keys.length, ...keys, ...args]);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
    return send(client, "eval", [lua, keys.length, ...keys, ...args]);
  }
}

/** The driver's own methods spread their arguments over the stack, which a large batch would overflow. */
async function send(client: RedisClient, name: string, args: (string | number)[]): Promise<unknown> {
  const command = new Command(name, args, { replyEncoding: "utf8" });
  return client.sendCommand(command);
}

async function load(name: ScriptName): Promise<Script> {
  const [prelude, body] = ["prelude", name].map((file) => read(file));
  const lua = `${prelude}\n${body}`;
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(lua));
  return { lua, sha: new Uint8Array(digest).toHex() };
}

function read(file: string): string {
  // Comments are for readers, not for the wire and Redis' memory of scripts.
  const text = readFileSync(new URL(`./lua/${file}.lua`, import.meta.url), "utf8");
  return text.replace(/^--\[\[[\s\S]*?\]\]\n/, "").replace(/^ *--.*\n/gm, "");
}
