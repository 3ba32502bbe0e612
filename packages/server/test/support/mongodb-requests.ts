import type { RequestReader, WireRequest } from "./tcp-proxy.ts";

const headerBytes = 16;
const opMsg = 2013;

/** Names requests to MongoDB by command and collection, such as `find users`, and updates of progress by what they do. */
export function mongodbRequests(): RequestReader {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const requests: WireRequest[] = [];
    while (rest.length >= headerBytes && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0));
      requests.push({ name: nameOf(message), bytes: message });
      rest = rest.subarray(message.length);
    }
    return requests;
  };
}

/** What a driver and the service's background do beside requests. */
export const mongodbNoise: RegExp =
  /^(hello|ismaster|isMaster|ping|endSessions|find (\w+ by relay|events|disabledWebhooks)|[a-z]+ deliveries|update events: delivered|createIndexes .*|other)$/;

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
  return `${command} ${collection}${purposeOf(`${command} ${collection}`, message)}`;
}

/** What tells requests of the same name apart. */
function purposeOf(request: string, message: Buffer): string {
  const has = (text: string): boolean => message.includes(text);
  // The relays look for outboxes and for erasures that are old enough; nobody else filters by them.
  if (request.startsWith("find ") && (has("outbox.occurredAt") || has("upTo"))) return " by relay";
  if (request === "update events" && has("$unset")) return ": delivered";
  if (request !== "update progress") return "";
  if (has("$pull")) return has("completedLectures") ? ": undo" : ": settle";
  if (has("$push")) return has("courseCompletedAt") ? ": complete course" : ": complete";
  return has("$inc") ? ": start over" : ": flush";
}
