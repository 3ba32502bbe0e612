import { BSON } from "mongodb";
import type { RequestReader, WireRequest } from "../../packages/server/test/support/tcp-proxy.ts";

const headerBytes = 16;
const opMsg = 2013;

/** What clients send to MongoDB, counted on the wire. */
export class MongodbTraffic {
  bytes = 0;
  /** Documents that are written: each update or insert of each command. */
  writes = 0;
  writeCommands = 0;
  commands = 0;

  /** What has been counted so far. */
  get counts(): { bytes: number; writes: number; writeCommands: number } {
    const { bytes, writes, writeCommands } = this;
    return { bytes, writes, writeCommands };
  }

  /** For one connection of a proxy. */
  readonly reader = (): RequestReader => {
    let rest = Buffer.alloc(0);
    return (bytes) => {
      this.bytes += bytes.length;
      rest = Buffer.concat([rest, bytes]);
      const requests: WireRequest[] = [];
      while (rest.length >= headerBytes && rest.length >= rest.readInt32LE(0)) {
        const message = rest.subarray(0, rest.readInt32LE(0));
        rest = rest.subarray(message.length);
        const written = writesIn(message);
        this.writes += written;
        if (written > 0) this.writeCommands++;
        this.commands++;
        requests.push({ name: written > 0 ? "write" : "other", bytes: message });
      }
      return requests;
    };
  };
}

/** A message has sections: one is the command, another, if there is one, the sequence of what it writes. */
function writesIn(message: Buffer): number {
  if (message.readInt32LE(12) !== opMsg) return 0;
  let writes = 0;
  for (let at = headerBytes + 4; at + 5 < message.length;) {
    const isSequence = message[at] === 1;
    const section = message.subarray(at + 1, at + 1 + message.readInt32LE(at + 1));
    writes += isSequence ? writesInSequence(section.subarray(4)) : writesInCommand(section);
    at += 1 + section.length;
  }
  return writes;
}

function writesInCommand(command: Buffer): number {
  const { updates, documents } = BSON.deserialize(command) as { updates?: unknown[]; documents?: unknown[] };
  return (updates ?? documents ?? []).length;
}

function writesInSequence(sequence: Buffer): number {
  const nameEnd = sequence.indexOf(0);
  if (!["updates", "documents"].includes(sequence.toString("latin1", 0, nameEnd))) return 0;
  let count = 0;
  for (let at = nameEnd + 1; at < sequence.length; at += sequence.readInt32LE(at)) count++;
  return count;
}
