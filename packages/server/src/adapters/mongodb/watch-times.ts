import { BSON } from "mongodb";
import type { LectureId } from "../../domain/ids.ts";
import type { Position, Positions } from "../../domain/position.ts";
import type { Stamp } from "../../domain/stamp.ts";
import { toMap } from "./documents.ts";

const stampLength = 37;
/** Bytes of a position: what comes before the stamp, and what around the type of the number. */
const beforeStamp = Buffer.from(`\x02stamp\0${String.fromCharCode(stampLength + 1)}\0\0\0`, "latin1");
const afterType = Buffer.from("seconds\0", "latin1");
const [double, embedded, integer] = [1, 3, 16];

/**
 * The positions in the bytes of `watchTimes`. A read of a course spends most of its time here, so what has the form that
 * flushes write is read in one pass, at a fifth of what the driver takes; anything else is left to the driver.
 */
export function positionsIn(bytes: Uint8Array): Positions {
  return plainPositions(bytes) ?? decodedPositions(bytes);
}

/** Undefined when something is not as flushes write it. */
export function plainPositions(bytes: Uint8Array): Map<LectureId, Position> | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // One character for each byte: places in the text are places in the bytes.
  const text = buffer.toString("latin1");
  const positions = new Map<LectureId, Position>();
  let at = 4;
  while (at < buffer.length - 1) {
    const nameEnd = endOfName(buffer, at + 1);
    const stampAt = nameEnd + 5 + beforeStamp.length;
    const typeAt = stampAt + stampLength + 1;
    const type = buffer[typeAt];
    if (buffer[at] !== embedded || buffer[nameEnd] !== 0 || !holds(buffer, nameEnd + 5, beforeStamp)) return undefined;
    if ((type !== double && type !== integer) || !holds(buffer, typeAt + 1, afterType)) return undefined;
    const numberAt = typeAt + 1 + afterType.length;
    const seconds = type === double ? buffer.readDoubleLE(numberAt) : buffer.readInt32LE(numberAt);
    const stamp = text.slice(stampAt, stampAt + stampLength) as Stamp;
    positions.set(text.slice(at + 1, nameEnd) as LectureId, { stamp, seconds });
    at = numberAt + (type === double ? 8 : 4) + 1;
    if (buffer.readInt32LE(nameEnd + 1) !== at - nameEnd - 1) return undefined;
  }
  return positions;
}

/** Where printable ASCII ends: any other name would not be what one character for each byte makes of it. */
function endOfName(buffer: Uint8Array, from: number): number {
  let at = from;
  while ((buffer[at] as number) >= 0x20 && (buffer[at] as number) < 0x7f) at++;
  return at;
}

function holds(buffer: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (buffer[at + index] !== bytes[index]) return false;
  return true;
}

/** By the driver. */
export function decodedPositions(bytes: Uint8Array): Positions {
  const fields: Record<LectureId, Position> = BSON.deserialize(bytes);
  return toMap(fields, ({ stamp, seconds }) => ({ stamp, seconds }));
}
