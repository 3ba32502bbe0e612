import type { AnyBulkWriteOperation } from "mongodb";
import { erasedUntil } from "../../domain/erasure.ts";
import type { UserId } from "../../domain/ids.ts";
import { type Stamp, stampTime } from "../../domain/stamp.ts";
import type { Collections, ProgressDocument } from "./documents.ts";

type Progress = Collections["progress"];
type Operation = AnyBulkWriteOperation<ProgressDocument>;

/** Erases what late work has brought back of a student's progress: whole documents, and what is old in those that stay. */
export async function eraseRevived(progress: Progress, userId: UserId, upTo: Stamp): Promise<void> {
  // `completions` is never taken away: without it nothing was ever completed.
  const isErased = { lastCompletedAt: { $lte: new Date(erasedUntil(upTo)) } };
  await progress.deleteMany({
    userId,
    $or: [{ completions: { $exists: false } }, isErased],
    "lastWatchedLecture.stamp": { $not: { $gt: upTo } },
    resetStamp: { $not: { $gt: upTo } },
    playedAt: { $not: { $gt: new Date(stampTime(upTo)) } },
  });
  const projection = { userId: 1, courseId: 1, watchTimes: 1, lastWatchedLecture: 1, played: 1 };
  const left = await progress.find({ userId }, { projection }).toArray();
  const operations = left.flatMap((document) => operationsOn(document, upTo));
  if (operations.length > 0) await progress.bulkWrite(operations, { ordered: false });
}

/** Each looks once more whether what it takes away is old: a flush may have come in between. */
function operationsOn(
  { userId, courseId, watchTimes = {}, lastWatchedLecture, played = {} }: ProgressDocument,
  upTo: Stamp,
): Operation[] {
  const key = { userId, courseId };
  const creditedBy = new Date(stampTime(upTo));
  const positions = Object.entries(watchTimes).filter(([, { stamp }]) => stamp <= upTo);
  const fields = positions.map(([lectureId]) => `watchTimes.${lectureId}`);
  if (lastWatchedLecture !== undefined && lastWatchedLecture.stamp <= upTo) fields.push("lastWatchedLecture");
  const credits = Object.entries(played).filter(([, { creditedAt }]) => creditedAt <= creditedBy);
  return [
    ...fields.map((field): Operation => {
      return {
        // Without its version the document no longer claims to have all that was flushed.
        updateOne: {
          filter: { ...key, [`${field}.stamp`]: { $lte: upTo } },
          update: { $unset: { [field]: "", flushedVersion: "" } },
        },
      };
    }),
    ...credits.map(([lectureId]): Operation => {
      const field = `played.${lectureId}`;
      // Who has read it must not write it back.
      const update = { $unset: { [field]: "" }, $inc: { rev: 1 } } as const;
      return { updateOne: { filter: { ...key, [`${field}.creditedAt`]: { $lte: creditedBy } }, update } };
    }),
  ];
}
