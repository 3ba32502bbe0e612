import { createHash } from "node:crypto";
import { scriptNames } from "../../src/adapters/redis/scripts.ts";
import type { RequestReader, WireRequest } from "./tcp-proxy.ts";

/** One request in the protocol of Redis, and where it ends. */
interface Parsed {
  readonly words: readonly string[];
  readonly end: number;
}

/** Names requests to Redis: `smembers`, and scripts by their name and how many keys they touch, such as `save 1`. */
export function redisRequests(): RequestReader {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const requests: WireRequest[] = [];
    for (let parsed = parse(rest); parsed !== undefined; parsed = parse(rest)) {
      requests.push({ name: nameOf(parsed.words), bytes: rest.subarray(0, parsed.end) });
      rest = rest.subarray(parsed.end);
    }
    return requests;
  };
}

/** What a service does beside requests: looking at memory and settings, claiming, keeping time. */
export const redisNoise: RegExp = /^(info|config|time|setnx|get|set|client|hello|(claim|stats) \d+)$/;

function nameOf([command = "", ...words]: readonly string[]): string {
  const name = command.toLowerCase();
  if (name !== "evalsha" && name !== "eval") return name;
  const [script = "", keys = ""] = words;
  const sha = name === "evalsha" ? script : createHash("sha1").update(script).digest("hex");
  return `${scriptNames.get(sha) ?? "script"} ${keys}`;
}

/** `*2\r\n$3\r\nGET\r\n$1\r\na\r\n`; undefined while it is not complete. */
function parse(bytes: Buffer): Parsed | undefined {
  const head = lineAt(bytes, 0);
  if (head === undefined) return undefined;
  const words: string[] = [];
  let { end } = head;
  for (let count = Number(head.text.slice(1)); count > 0; count--) {
    const size = lineAt(bytes, end);
    if (size === undefined) return undefined;
    const last = size.end + Number(size.text.slice(1));
    if (bytes.length < last + 2) return undefined;
    words.push(bytes.toString("utf8", size.end, last));
    end = last + 2;
  }
  return { words, end };
}

function lineAt(bytes: Buffer, start: number): { text: string; end: number } | undefined {
  const index = bytes.indexOf("\r\n", start);
  return index === -1 ? undefined : { text: bytes.toString("latin1", start, index), end: index + 2 };
}
