import type { Day } from "../domain/activity-day.ts";
import type { UserId } from "../domain/ids.ts";
import { advanceStreak, type Streak, streakOf } from "../domain/streak.ts";
import type { ActivityStore, StreakCounts } from "../ports/activity-store.ts";
import type { StudentStore } from "../ports/student-store.ts";
import { retryWhileRaced } from "./compare-and-set.ts";

/**
 * Keeps the stored streak equal to what the set of days that count says, in whatever order they become known. The student
 * is read before the days: whoever writes in between makes the compare-and-set fail.
 */
export class StreakKeeper {
  readonly #students: StudentStore;
  readonly #activities: ActivityStore;
  readonly #counts: StreakCounts;

  constructor(deps: { students: StudentStore; activities: ActivityStore; counts: StreakCounts }) {
    this.#students = deps.students;
    this.#activities = deps.activities;
    this.#counts = deps.counts;
  }

  /** Takes in a day that is already among the activities. Again changes nothing. */
  async count(userId: UserId, day: Day): Promise<void> {
    await retryWhileRaced(async () => {
      const { streak } = await this.#students.read(userId);
      const next = await this.#streakWith(userId, streak, day);
      return next === streak || (await this.#students.replaceStreak(userId, streak, next));
    });
  }

  /** Takes in a day with an activity that is no completion. */
  async countMark(userId: UserId, day: Day): Promise<void> {
    if (this.#counts === "activity") await this.count(userId, day);
  }

  async #streakWith(userId: UserId, streak: Streak, day: Day): Promise<Streak> {
    const isLate = streak.lastDay !== null && day < streak.lastDay;
    if (!isLate) return advanceStreak(streak, day);
    const recomputed = streakOf(await this.#activities.daysThatCount(userId, this.#counts));
    return { ...recomputed, longest: Math.max(streak.longest, recomputed.longest) };
  }
}
