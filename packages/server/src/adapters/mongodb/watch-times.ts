import { BSON } from "mongodb";
import type { LectureId } from "../../domain/ids.ts";
import type { Position, Positions } from "../../domain/position.ts";
import type { Stamp } from "../../domain/stamp.ts";
import { toMap } from "./documents.ts";

const stampLength = 37;
/** Bytes of a position: what comes before the stamp, before the number, and after it. */
const beforeStamp = `\x02stamp\0${String.fromCharCode(stampLength + 1)}\0\0\0`;
const beforeDouble = "\0\x01seconds\0";
const beforeInteger = "\0\x10seconds\0";
const embedded = 3;
/** Other names would not be what one character for each byte makes of them. */
const isAscii = /^[ -~]*$/;

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
  while (at < text.length - 1) {
    const nameEnd = text.indexOf("\0", at);
    const lectureId = text.slice(at + 1, nameEnd) as LectureId;
    const stampAt = nameEnd + 5 + beforeStamp.length;
    const numberAt = stampAt + stampLength + beforeDouble.length;
    if (buffer[at] !== embedded || !text.startsWith(beforeStamp, nameEnd + 5) || !isAscii.test(lectureId))
      return undefined;
    const isDouble = text.startsWith(beforeDouble, stampAt + stampLength);
    if (!isDouble && !text.startsWith(beforeInteger, stampAt + stampLength)) return undefined;
    const seconds = isDouble ? buffer.readDoubleLE(numberAt) : buffer.readInt32LE(numberAt);
    positions.set(lectureId, { stamp: text.slice(stampAt, stampAt + stampLength) as Stamp, seconds });
    at = numberAt + (isDouble ? 8 : 4) + 1;
    if (buffer.readInt32LE(nameEnd + 1) !== at - nameEnd - 1) return undefined;
  }
  return positions;
}

/** By the driver. */
export function decodedPositions(bytes: Uint8Array): Positions {
  const fields: Record<LectureId, Position> = BSON.deserialize(bytes);
  return toMap(fields, ({ stamp, seconds }) => ({ stamp, seconds }));
}
