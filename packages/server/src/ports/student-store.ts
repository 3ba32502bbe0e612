import type { Day } from "../domain/activity-day.ts";
import type { StreakReached } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";
import type { Stamp } from "../domain/stamp.ts";
import type { Streak } from "../domain/streak.ts";

export interface Student {
  readonly streak: Streak;
  /** For each milestone the first day of the last streak that has reached it. */
  readonly milestones: ReadonlyMap<number, Day>;
  /** Milestones that have not been told yet. */
  readonly outbox: readonly StreakReached[];
  /** The IANA zone the student chose, or null. */
  readonly timeZone: string | null;
}

/** A student who asked to be forgotten; what work under way brings back is erased once more. */
export interface Erasure {
  readonly userId: UserId;
  /** Everything up to this stamp is forgotten. */
  readonly upTo: Stamp;
}

/** What is kept of each student. Rejects with the code `store_unavailable` when an outcome is unknown or nothing was done. */
export interface StudentStore {
  /** A newcomer has no streak and no zone. */
  read(userId: UserId): Promise<Student>;

  setTimeZone(userId: UserId, timeZone: string): Promise<void>;

  /**
   * Replaces the streak, and adds the milestones it has reached to the outbox, if it is still the one given; else changes
   * nothing and returns false.
   */
  replaceStreak(userId: UserId, before: Streak, after: Streak, reached: readonly StreakReached[]): Promise<boolean>;

  /** Takes an event off the outbox: it was told. */
  settle(userId: UserId, eventId: string): Promise<void>;

  /** Students with events in their outbox that occurred before the given instant. */
  unsettled(before: number, limit: number): Promise<UserId[]>;

  /** The students that anything is kept of, by id, from the first one after the given one. */
  list(after: UserId | null, limit: number): Promise<UserId[]>;

  /** How many there are, roughly. */
  count(): Promise<number>;

  /** Forgets the student, then leaves the erasure behind: who sees it finds nothing older. */
  erase(erasure: Erasure): Promise<void>;

  /** The stamp of the student's last erasure, unless that is complete. */
  erasedUpTo(userId: UserId): Promise<Stamp | null>;

  /** Forgets milestones that have no streak any more, and the student when there is no zone either. */
  eraseRevived(userId: UserId): Promise<void>;

  /** Erasures left behind whose stamp lies before the given instant, milliseconds since 1970. */
  erasuresBefore(instant: number, limit: number): Promise<Erasure[]>;

  /** The erasure is complete. What the student has done since stays. */
  forgetErasure(erasure: Erasure): Promise<void>;
}
