import type { RequestReader } from "./tap.ts";

const headerBytes = 16;
const opMsg = 2013;

/** Names requests to MongoDB by command and collection, such as `find progress`. */
export function mongodbRequests(): RequestReader {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const names: string[] = [];
    while (rest.length >= headerBytes && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0));
      names.push(nameOf(message));
      rest = rest.subarray(message.length);
    }
    return names;
  };
}

/** What a driver and the service's background do beside requests. */
export const mongodbNoise: RegExp =
  /^(hello|ismaster|isMaster|ping|endSessions|find (progress by relay|erasures)|createIndexes .*|other)$/;

/** The first field of a command is its name; the value is its collection. */
function nameOf(message: Buffer): string {
  const document = headerBytes + 5;
  if (message.readInt32LE(12) !== opMsg || message.length < document + 6) return "other";
  const field = document + 4;
  const end = message.indexOf(0, field + 1);
  const command = message.toString("utf8", field + 1, end);
  const isText = message[field] === 2;
  if (!isText) return command;
  const collection = message.toString("utf8", end + 5, end + 4 + message.readInt32LE(end + 1));
  // The relay looks for outboxes; nobody else filters by them.
  const isRelay = command === "find" && message.includes("outbox.occurredAt");
  return `${command} ${collection}${isRelay ? " by relay" : ""}`;
}
