import type { Filter, UpdateFilter } from "mongodb";
import type { ProgressKey } from "../../domain/ids.ts";
import { lastWatched } from "../../domain/position.ts";
import type { PositionWrite, ProgressChange } from "../../ports/progress-store.ts";
import { type ProgressDocument, toStoredId } from "./documents.ts";
import { keyFilter, toOutboxEntry } from "./progress-document.ts";

type ProgressUpdate = UpdateFilter<ProgressDocument>;

/**
 * A join: `$max` alone. MongoDB compares embedded documents field by field, so with the stamp first the newest position
 * stays; written twice, late or out of order it changes nothing.
 */
export function joinUpdate({ positions, reset, version }: PositionWrite): ProgressUpdate {
  const greatest: Record<string, unknown> = {};
  for (const [lectureId, { stamp, seconds }] of positions) greatest[`watchTimes.${lectureId}`] = { stamp, seconds };
  const last = lastWatched(positions);
  if (last !== null) greatest["lastWatchedLecture"] = { stamp: last.stamp, lectureId: toStoredId(last.lectureId) };
  if (reset !== null) greatest["resetStamp"] = reset;
  if (version !== undefined) greatest["flushedVersion"] = version;
  return { $max: greatest };
}

/**
 * What a change finds: the revision its caller has read, and with it the fact to be made or undone. The revision says the
 * second already; asking for it too makes sure that `completedCount` cannot drift.
 */
export function changeFilter(key: ProgressKey, rev: number, change: ProgressChange): Filter<ProgressDocument> {
  const filter: Filter<ProgressDocument> = { ...keyFilter(key), rev: rev === 0 ? { $exists: false } : rev };
  if (change.type === "complete") filter[`completedAt.${change.event.lectureId}`] = { $exists: false };
  if (change.type === "undo") filter[`completedAt.${change.lectureId}`] = { $exists: true };
  return filter;
}

/** A change of completions: fact and event are one write. */
export function changeUpdate(change: ProgressChange): ProgressUpdate {
  switch (change.type) {
    case "complete": {
      const { lectureId, occurredAt } = change.event;
      return {
        $set: { [`completedAt.${lectureId}`]: new Date(occurredAt) },
        $addToSet: { completedLectures: toStoredId(lectureId) },
        $inc: { rev: 1, completedCount: 1, [`completions.${lectureId}`]: 1 },
        $max: { lastCompletedAt: new Date(occurredAt) },
        $push: { outbox: toOutboxEntry(change.event) },
      };
    }
    case "undo":
      return {
        $unset: { [`completedAt.${change.lectureId}`]: "", courseCompletedAt: "" },
        $pull: { completedLectures: toStoredId(change.lectureId) },
        $inc: { rev: 1, completedCount: -1 },
      };
    case "completeCourse":
      return {
        $set: { courseCompletedAt: new Date(change.event.occurredAt) },
        $inc: { rev: 1 },
        $push: { outbox: toOutboxEntry(change.event) },
      };
    case "startOver":
      return {
        $max: { resetStamp: change.reset },
        $set: { completedLectures: [], completedAt: {}, completedCount: 0 },
        $unset: { courseCompletedAt: "", played: "" },
        $inc: { rev: 1 },
      };
    case "credit": {
      const { ranges, spareSeconds, sitting } = change.played;
      const creditedAt = new Date(change.played.creditedAt);
      return {
        $set: { [`played.${change.lectureId}`]: { creditedAt, spareSeconds, sitting, ranges: ranges.flat() } },
        $max: { playedAt: creditedAt },
        $inc: { rev: 1 },
      };
    }
  }
}
