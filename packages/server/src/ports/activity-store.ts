import type { Day } from "../domain/activity-day.ts";
import type { CourseId, LectureId, UserId } from "../domain/ids.ts";

export interface ActivityDay {
  readonly day: Day;
  readonly count: number;
}

/** Which days count for the streak: those with a completion, or those with any activity. */
export type StreakCounts = "completion" | "activity";

/**
 * What a student did on which day. Every method rejects with the code `store_unavailable` when its outcome is unknown or
 * nothing was done.
 */
export interface ActivityStore {
  /** Counts a completion once per lecture and day, however often it is told. */
  addCompletion(userId: UserId, day: Day, courseId: CourseId, lectureId: LectureId): Promise<void>;

  /** Counts one more activity of no particular lecture. */
  mark(userId: UserId, day: Day): Promise<void>;

  /** Days with activity from first to last, both included, oldest first. */
  between(userId: UserId, first: Day, last: Day): Promise<ActivityDay[]>;

  /** All days that count for the streak, in no particular order. */
  daysThatCount(userId: UserId, counts: StreakCounts): Promise<Day[]>;

  /** Everything, oldest first, for the export; completions are `<course>/<lecture>`. */
  readAll(userId: UserId): Promise<(ActivityDay & { completions: string[] })[]>;

  erase(userId: UserId): Promise<void>;
}
