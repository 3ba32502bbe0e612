import type { WithoutId } from "mongodb";
import type { ProgressEvent } from "../../domain/event.ts";
import type { ProgressKey } from "../../domain/ids.ts";
import { joinPositions } from "../../domain/position.ts";
import type { StoredProgress } from "../../ports/progress-store.ts";
import {
  type OutboxEntry,
  type ProgressDocument,
  type StoredId,
  toCourseId,
  toLectureId,
  toMap,
  toStoredId,
} from "./documents.ts";

/** The fields that make {@link StoredProgress}; the others are there for queries. */
export const progressFields = { _id: 0, completedLectures: 0, lastWatchedLecture: 0 } as const;

/** The unique key, and nothing else: so the server settles racing first upserts by itself. */
export function keyFilter({ userId, courseId }: ProgressKey): { userId: ProgressKey["userId"]; courseId: StoredId } {
  return { userId, courseId: toStoredId(courseId) };
}

export function toProgressKey({ userId, courseId }: Pick<ProgressDocument, "userId" | "courseId">): ProgressKey {
  return { userId, courseId: toCourseId(courseId) };
}

export function toStoredProgress(key: ProgressKey, document: WithoutId<ProgressDocument> | null): StoredProgress {
  const { watchTimes, resetStamp = null, completedAt, completions, courseCompletedAt, rev, outbox } = document ?? {};
  const positions = toMap(watchTimes, ({ stamp, seconds }) => ({ stamp, seconds }));
  return {
    // Positions before the reset stay in the document and are left out here: so the two can be written in either order.
    ...joinPositions({ positions, reset: null }, { positions: new Map(), reset: resetStamp }),
    rev: rev ?? 0,
    completedAt: toMap(completedAt, (date) => date.getTime()),
    completions: toMap(completions, (times) => times),
    courseCompletedAt: courseCompletedAt?.getTime() ?? null,
    outbox: (outbox ?? []).map((entry) => toEvent(key, entry)),
  };
}

export function toOutboxEntry(event: ProgressEvent): OutboxEntry {
  const { id, type, day, zone, occurredAt } = event;
  const lecture = event.type === "lecture.completed" && { lectureId: toStoredId(event.lectureId) };
  return { id, type, ...lecture, day, zone, occurredAt: new Date(occurredAt) };
}

function toEvent(key: ProgressKey, { id, type, lectureId, day, zone, occurredAt }: OutboxEntry): ProgressEvent {
  const fact = { id, ...key, occurredAt: occurredAt.getTime(), day, zone };
  return type === "lecture.completed" && lectureId !== undefined
    ? { ...fact, type, lectureId: toLectureId(lectureId) }
    : { ...fact, type: "course.completed" };
}
