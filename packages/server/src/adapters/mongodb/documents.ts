import { type Collection, type Db, ObjectId } from "mongodb";
import type { Day } from "../../domain/activity-day.ts";
import type { LearningEvent, ProgressEvent, StreakReached } from "../../domain/event.ts";
import type { LectureDetails } from "../../domain/course.ts";
import { type CourseId, isObjectIdText, type LectureId, type UserId } from "../../domain/ids.ts";
import type { Played } from "../../domain/played-ranges.ts";
import type { Position } from "../../domain/position.ts";
import type { Stamp } from "../../domain/stamp.ts";
import type { WebhookId } from "../../domain/webhook.ts";
import type { DeliveryRecord } from "../../ports/delivery-store.ts";
import type { SinkName } from "../../ports/event-sink.ts";

/**
 * A course or lecture id where it is a value: 24 hex digits are an ObjectId. Where an id names a field it stays text; its
 * pattern has no dot and no dollar, so it can only ever name that one field.
 */
export type StoredId = ObjectId | string;

/** One student's progress in one course. A field is there once something has been written to it. */
export interface ProgressDocument {
  userId: UserId;
  courseId: StoredId;
  /** Written by flushes alone, and by `$max` alone: the stamp comes first, so that the newer position is the greater. */
  watchTimes?: Record<LectureId, Position>;
  lastWatchedLecture?: { stamp: Stamp; lectureId: StoredId };
  resetStamp?: Stamp;
  /** The greatest version of the buffered key that was written: the document has all of its positions. */
  flushedVersion?: string;
  /** From here on written by compare-and-set on `rev` alone. */
  completedLectures?: StoredId[];
  completedAt?: Record<LectureId, Date>;
  completedCount?: number;
  completions?: Record<LectureId, number>;
  /** Of all completions, those that were taken back too. */
  lastCompletedAt?: Date;
  courseCompletedAt?: Date;
  played?: Record<LectureId, StoredRanges>;
  /** The newest `creditedAt`. */
  playedAt?: Date;
  rev?: number;
  outbox?: OutboxEntry[];
}

/** What was played of a lecture: from, to, from, to, ... in seconds, as small as it can be. */
export interface StoredRanges {
  creditedAt: Date;
  spareSeconds: number;
  sitting: Played["sitting"];
  ranges: number[];
}

/** An event without what the document says already. */
export interface OutboxEntry {
  id: string;
  type: ProgressEvent["type"];
  lectureId?: StoredId;
  day: Day;
  zone: string;
  occurredAt: Date;
}

/** One student's day. */
interface ActivityDocument {
  userId: UserId;
  date: Day;
  count: number;
  /** The day's completions, `<course>/<lecture>`. */
  sources: string[];
  /** The latest moment that it was told of. */
  changedAt?: Date;
}

interface UserDocument {
  _id: UserId;
  currentStreak?: number | null;
  longestStreak?: number | null;
  lastActiveDate?: Day | null;
  timeZone?: string;
  /** By its length the first day of the last streak that has reached it; written with the streak. */
  milestones?: Record<string, Day>;
  outbox?: StreakEntry[];
}

/** A milestone's event without what the document says already. */
export type StreakEntry = Omit<StreakReached, "userId" | "occurredAt"> & { occurredAt: Date };

/** Something a student has earned. */
export interface AchievementDocument {
  userId: UserId;
  achievementId: string;
  title: string;
  earnedAt: Date;
  day: Day;
  zone: string;
  /** The id of the event that earned it. */
  event: string | null;
  /** There until its own event is published. */
  isUntold?: true;
}

interface ErasureDocument {
  _id: UserId;
  upTo: Stamp;
}

export interface CourseDocument {
  _id: StoredId;
  title: string;
  totalLectures: number;
  version: number;
  lectures: Record<LectureId, LectureDetails>;
}

/** An event: what all of them say, and what those of its type say. */
export interface EventDocument {
  _id: string;
  type: LearningEvent["type"];
  userId: UserId;
  day: Day;
  zone: string;
  occurredAt: Date;
  /** Grows with time; within one process it is the order in which events were published. */
  sequence: ObjectId;
  courseId?: StoredId;
  lectureId?: StoredId;
  /** The sinks that have not got it yet, and when it occurred. */
  waiting?: Partial<Record<SinkName, Date>>;
}

/** One event for one webhook; both are in the id. */
export interface DeliveryDocument {
  _id: string;
  eventId: string;
  webhookId: WebhookId;
  userId: UserId;
  /** When the event did. */
  occurredAt: Date;
  status: DeliveryRecord["status"];
  /** While it waits: when it is due, or when the lease ends. */
  dueAt?: Date;
  lease?: ObjectId;
  expiresAt: Date;
  attempts: number;
  reason?: string;
  endedAt?: Date;
}

interface DisabledWebhookDocument {
  _id: WebhookId;
  url: string;
  at: Date;
}

export interface Collections {
  readonly progress: Collection<ProgressDocument>;
  readonly activities: Collection<ActivityDocument>;
  readonly users: Collection<UserDocument>;
  readonly achievements: Collection<AchievementDocument>;
  readonly erasures: Collection<ErasureDocument>;
  readonly courses: Collection<CourseDocument>;
  readonly events: Collection<EventDocument>;
  readonly deliveries: Collection<DeliveryDocument>;
  readonly disabledWebhooks: Collection<DisabledWebhookDocument>;
}

export function collectionsOf(database: Db): Collections {
  return {
    progress: database.collection("progress"),
    activities: database.collection("activities"),
    users: database.collection("users"),
    achievements: database.collection("achievements"),
    erasures: database.collection("erasures"),
    courses: database.collection("courses"),
    events: database.collection("events"),
    deliveries: database.collection("deliveries"),
    disabledWebhooks: database.collection("disabledWebhooks"),
  };
}

/** Answers fit into one message: no reader pays a second round trip because a student has done a lot. */
export const allAtOnce = { batchSize: 100_000 } as const;

/** Up to an instant, milliseconds since 1970, or so old that it is missing. */
export function upTo(until: number): { $not: { $gt: Date } } {
  return { $not: { $gt: new Date(Math.min(until, latestDate)) } };
}

const latestDate = 8.64e15;

export function toStoredId(id: CourseId | LectureId): StoredId {
  return isObjectIdText(id) ? ObjectId.createFromHexString(id) : id;
}

export function toCourseId(stored: StoredId): CourseId {
  return textOf(stored) as CourseId;
}

export function toLectureId(stored: StoredId): LectureId {
  return textOf(stored) as LectureId;
}

/** The fields of a document as a map: a lecture may be called `constructor`. */
export function toMap<Id extends string, From, To>(
  fields: Record<Id, From> | undefined,
  convert: (value: From) => To,
): Map<Id, To> {
  return new Map(Object.entries<From>(fields ?? {}).map(([id, value]) => [id as Id, convert(value)]));
}

function textOf(stored: StoredId): string {
  return typeof stored === "string" ? stored : stored.toHexString();
}
