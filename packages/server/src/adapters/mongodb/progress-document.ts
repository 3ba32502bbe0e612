import { BSON, type Filter } from "mongodb";
import type { ProgressEvent } from "../../domain/event.ts";
import type { LectureId, ProgressKey } from "../../domain/ids.ts";
import type { Played, PlayedRange } from "../../domain/played-ranges.ts";
import { joinPositions, type Position } from "../../domain/position.ts";
import type { Stamp } from "../../domain/stamp.ts";
import type { StoredPlayed, StoredProgress } from "../../ports/progress-store.ts";
import {
  type OutboxEntry,
  type ProgressDocument,
  type StoredId,
  type StoredRanges,
  toCourseId,
  toLectureId,
  toMap,
  toStoredId,
} from "./documents.ts";
import { positionsIn } from "./watch-times.ts";

/** A document of which the documents in it are left as bytes. */
export interface Parts extends Pick<ProgressDocument, "userId" | "courseId"> {
  readonly watchTimes?: unknown;
  readonly completedAt?: Uint8Array;
  readonly completions?: Uint8Array;
  readonly outbox?: readonly Uint8Array[];
  readonly resetStamp?: Stamp;
  readonly flushedVersion?: string;
  readonly courseCompletedAt?: Date;
  readonly rev?: number;
}

/** The fields that make {@link StoredProgress}; the others are there for queries. */
export const progressFields = { _id: 0, completedLectures: 0, lastWatchedLecture: 0, played: 0, playedAt: 0 } as const;

/** The fields that make {@link StoredPlayed}. */
export function playedFields(lectureId?: LectureId): Record<string, 0 | 1> {
  return { _id: 0, rev: 1, resetStamp: 1, [lectureId === undefined ? "played" : `played.${lectureId}`]: 1 };
}

/** The unique key, and nothing else: so the server settles racing first upserts by itself. */
export function keyFilter({ userId, courseId }: ProgressKey): { userId: ProgressKey["userId"]; courseId: StoredId } {
  return { userId, courseId: toStoredId(courseId) };
}

/** The same for many keys, one clause for each course: each is found by the unique index, and nothing beside them. */
export function keysFilter(keys: readonly ProgressKey[]): Filter<ProgressDocument> {
  const clauses = Array.from(
    Map.groupBy(keys, ({ courseId }) => courseId),
    ([courseId, students]) => ({
      userId: { $in: students.map(({ userId }) => userId) },
      courseId: toStoredId(courseId),
    }),
  );
  return { $or: clauses };
}

export function toProgressKey({ userId, courseId }: Pick<ProgressDocument, "userId" | "courseId">): ProgressKey {
  return { userId, courseId: toCourseId(courseId) };
}

/** Looks into no field, so that a text which is no UTF-8 is found by whoever needs it. @param bytes the document as BSON */
export function partsOf(bytes: Uint8Array): Parts {
  return BSON.deserialize(bytes, { raw: true, validation: { utf8: false } }) as Parts;
}

/** @param parts of the document, without any when there is none */
export function toStoredProgress(key: ProgressKey, parts: Partial<Parts>): StoredProgress {
  const { watchTimes, completedAt, completions, outbox = [], courseCompletedAt, resetStamp = null } = parts;
  const positions = watchTimes instanceof Uint8Array ? positionsIn(watchTimes) : new Map<LectureId, Position>();
  return {
    // Positions before the reset stay in the document and are left out here: so the two can be written in either order.
    ...joinPositions({ positions, reset: null }, { positions: new Map(), reset: resetStamp }),
    rev: parts.rev ?? 0,
    flushedVersion: parts.flushedVersion ?? null,
    completedAt: toMap<LectureId, Date, number>(fieldsOf(completedAt), (date) => date.getTime()),
    completions: toMap<LectureId, number, number>(fieldsOf(completions), (times) => times),
    courseCompletedAt: courseCompletedAt?.getTime() ?? null,
    outbox: outbox.map((entry) => toEvent(key, BSON.deserialize(entry) as OutboxEntry)),
  };
}

export function toStoredPlayed(document: ProgressDocument | null): StoredPlayed {
  const { rev = 0, resetStamp = null, played } = document ?? {};
  return { rev, reset: resetStamp, played: toMap<LectureId, StoredRanges, Played>(played, toPlayed) };
}

function toPlayed({ creditedAt, spareSeconds, sitting, ranges: bounds }: StoredRanges): Played {
  const ranges: PlayedRange[] = [];
  for (let at = 0; at < bounds.length; at += 2) ranges.push([bounds[at] as number, bounds[at + 1] as number]);
  return { ranges, creditedAt: creditedAt.getTime(), spareSeconds, sitting };
}

function fieldsOf(bytes: Uint8Array | undefined): BSON.Document | undefined {
  return bytes && BSON.deserialize(bytes);
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
