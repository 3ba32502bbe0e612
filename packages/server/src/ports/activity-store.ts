import type { Day } from "../domain/activity-day.ts";
import type { LectureCompleted, Moment } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";

export interface ActivityDay {
  readonly day: Day;
  readonly count: number;
}

/** What a day needs to know of a completion. */
export type CountedCompletion = Pick<LectureCompleted, "userId" | "courseId" | "lectureId" | "day" | "occurredAt">;

/** Which days count for the streak: those with a completion, or those with any activity. */
export type StreakCounts = "completion" | "activity";

/**
 * What a student did on which day. Every method rejects with the code `store_unavailable` when its outcome is unknown or
 * nothing was done.
 */
export interface ActivityStore {
  /** Counts a completion once per lecture and day, however often it is told. */
  addCompletion(completion: CountedCompletion): Promise<void>;

  /** Counts one more activity of no particular lecture. */
  mark(userId: UserId, moment: Pick<Moment, "day" | "occurredAt">): Promise<void>;

  /** Days with activity from first to last, both included, oldest first. */
  between(userId: UserId, first: Day, last: Day): Promise<ActivityDay[]>;

  /** All days that count for the streak, in no particular order. */
  daysThatCount(userId: UserId, counts: StreakCounts): Promise<Day[]>;

  /** Everything, oldest first, for the export; completions are `<course>/<lecture>`. */
  readAll(userId: UserId): Promise<(ActivityDay & { completions: string[] })[]>;

  /** @param until days with nothing later than this instant, milliseconds since 1970; left out: all */
  erase(userId: UserId, until?: number): Promise<void>;
}
