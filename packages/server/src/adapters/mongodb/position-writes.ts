import { type AnyBulkWriteOperation, BSON } from "mongodb";
import { isLectureId } from "../../domain/ids.ts";
import { isStamp } from "../../domain/stamp.ts";
import type { PositionWrite, WriteOutcome } from "../../ports/progress-store.ts";
import type { ProgressDocument } from "./documents.ts";
import { reasonOf } from "./failures.ts";
import { keyFilter } from "./progress-document.ts";
import { joinUpdate } from "./progress-updates.ts";

const maxDocumentBytes = 16 * 1024 * 1024;

export type JoinOperation = AnyBulkWriteOperation<ProgressDocument>;

/** A write as an operation for a bulk, or what has become of it already. */
export type PreparedWrite = { readonly operation: JoinOperation } | { readonly outcome: WriteOutcome };

/** Serialises each write alone beforehand, so that one bad value cannot fail its neighbours. */
export function prepareWrite(write: PositionWrite): PreparedWrite {
  if (write.positions.size === 0 && write.reset === null) return { outcome: { status: "written" } };
  const reason = faultOf(write);
  if (reason !== null) return { outcome: { status: "refused", reason } };
  const statement = { filter: keyFilter(write.key), update: joinUpdate(write), upsert: true };
  try {
    const size = BSON.serialize(statement, { checkKeys: false }).length;
    if (size < maxDocumentBytes) return { operation: { updateOne: statement } };
    return {
      outcome: { status: "refused", reason: `The positions take ${size} bytes; a document holds less than 16 MiB.` },
    };
  } catch (error) {
    return { outcome: { status: "refused", reason: reasonOf(error) } };
  }
}

/** What comes from the buffer names fields here, so it is looked at once more. */
function faultOf({ positions, reset }: PositionWrite): string | null {
  if (reset !== null && !isStamp(reset)) return `The reset "${String(reset)}" is no stamp.`;
  for (const [lectureId, { stamp, seconds }] of positions) {
    if (!isLectureId(lectureId)) return `"${String(lectureId)}" is no lecture id.`;
    if (!isStamp(stamp)) return `The stamp of lecture "${lectureId}" is none.`;
    if (!Number.isFinite(seconds)) return `The position of lecture "${lectureId}" is no number.`;
  }
  return null;
}
