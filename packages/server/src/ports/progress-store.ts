import type { CourseCompleted, LectureCompleted, ProgressEvent } from "../domain/event.ts";
import type { CourseId, LectureId, ProgressKey, UserId } from "../domain/ids.ts";
import type { Played } from "../domain/played-ranges.ts";
import type { PositionState } from "../domain/position.ts";
import type { Stamp } from "../domain/stamp.ts";

/** What the store holds of one student's progress in one course. Instants are milliseconds since 1970. */
export interface StoredProgress extends PositionState {
  /** Raised by every {@link ProgressChange}, never by a flush; 0 before the first of them. */
  readonly rev: number;
  /** The newest version of the buffered key that was joined; null when none was told, or the store does not keep it. */
  readonly flushedVersion: string | null;
  readonly completedAt: ReadonlyMap<LectureId, number>;
  /** How often each lecture was ever completed; undo and start over keep it. */
  readonly completions: ReadonlyMap<LectureId, number>;
  readonly courseCompletedAt: number | null;
  /** Events whose followers are not all done. */
  readonly outbox: readonly ProgressEvent[];
}

/** What a flush adds: everything the buffer holds of one key. */
export interface PositionWrite extends PositionState {
  readonly key: ProgressKey;
  /** Which version of the buffered key this is; as text, the greater is the newer. */
  readonly version?: string;
}

export type WriteOutcome =
  /** Proven to be in the store. */
  | { readonly status: "written" }
  /** The store answered that it will not take this one. */
  | { readonly status: "refused"; readonly reason: string }
  /** Nobody knows. Writing it again is harmless. */
  | { readonly status: "unknown"; readonly reason: string };

/** What is decided from what was read. A completion carries its event, so that fact and event are one write. */
export type ProgressChange =
  | { readonly type: "complete"; readonly event: LectureCompleted }
  | { readonly type: "undo"; readonly lectureId: LectureId }
  | { readonly type: "completeCourse"; readonly event: CourseCompleted }
  | { readonly type: "startOver"; readonly reset: Stamp }
  | { readonly type: "credit"; readonly lectureId: LectureId; readonly played: Played };

/** What the store holds of what a student has played of a course, since the last start over. */
export interface StoredPlayed extends Pick<StoredProgress, "rev" | "reset"> {
  readonly played: ReadonlyMap<LectureId, Played>;
}

export interface CourseProgress {
  readonly courseId: CourseId;
  /** Completed lectures that still exist. */
  readonly completed: number;
  /** Lectures that exist. */
  readonly total: number;
  /** Newest stamp of the student's positions since the last start over; null without any. */
  readonly lastWatched: Stamp | null;
}

export interface CompletionTotals {
  /** Completed lectures over all courses, deleted ones included. */
  readonly lectures: number;
  /** Completed courses. */
  readonly courses: number;
}

/** A key with events in its outbox. */
export interface Unsettled {
  readonly key: ProgressKey;
  /** When the oldest of them occurred. */
  readonly since: number;
}

/**
 * The source of truth. A flush and a completion never touch the same fields, except the reset, which only grows.
 * Every method rejects with the code `store_unavailable` when its outcome is unknown or nothing was done.
 */
export interface ProgressStore {
  /** Empty (rev 0) when nothing is stored. */
  read(key: ProgressKey): Promise<StoredProgress>;

  /** Reads many keys at once: one answer for each, in order, and each fails by itself. */
  readEach(keys: readonly ProgressKey[]): Promise<StoredProgress>[];

  /** Of one lecture, or of all. Apart from the rest, as hardly anybody asks for it. */
  readPlayed(key: ProgressKey, lectureId?: LectureId): Promise<StoredPlayed>;

  /** Of all courses of which anything was played, for the export. */
  readAllPlayed(userId: UserId): Promise<ReadonlyMap<CourseId, StoredPlayed["played"]>>;

  /** All courses of a student, for the export. */
  readAll(userId: UserId): Promise<(StoredProgress & { courseId: CourseId })[]>;

  /**
   * Joins positions and resets by stamp: twice, late or out of order, it changes nothing. One outcome for each write,
   * in order; never rejects.
   */
  join(writes: readonly PositionWrite[]): Promise<WriteOutcome[]>;

  /**
   * Applies the change and raises `rev` if `rev` is still the one given; else changes nothing and returns false. `undo` also forgets `courseCompletedAt`;
   * `startOver` forgets all completions and what was played; `credit` replaces what is known of one lecture. Events are added to the outbox.
   */
  change(key: ProgressKey, rev: number, change: ProgressChange): Promise<boolean>;

  /** Takes an event off the outbox: all its followers are done. */
  settle(key: ProgressKey, eventId: string): Promise<void>;

  /** Keys with events in their outbox that occurred before the given instant, oldest first where that is cheap. */
  unsettled(before: number, limit: number): Promise<Unsettled[]>;

  /** A row for every course the student has progress in or that is listed, if the catalog has it; ordered by id. */
  courseProgress(userId: UserId, started: readonly CourseId[]): Promise<CourseProgress[]>;

  totals(userId: UserId): Promise<CompletionTotals>;

  erase(userId: UserId): Promise<void>;

  /**
   * Erases what a late flush or completion has brought back: progress of a course with no position, no reset and nothing
   * played after the stamp, in which nothing was ever completed later than the erasure reaches; of other courses the
   * positions up to the stamp, and what was played by then. Whatever else there is, the student has done since.
   */
  eraseRevived(userId: UserId, upTo: Stamp): Promise<void>;
}
