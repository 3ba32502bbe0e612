import type { Day } from "../domain/activity-day.ts";
import { type Moment, type StreakReached, streakReached } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";
import {
  advanceStreak,
  firstDay,
  isSameStreak,
  milestonesReached,
  noStreak,
  type Streak,
  streakOf,
} from "../domain/streak.ts";
import type { ActivityStore, StreakCounts } from "../ports/activity-store.ts";
import type { Student, StudentStore } from "../ports/student-store.ts";
import { retryWhileRaced } from "./compare-and-set.ts";
import type { EventPublisher } from "./event-publisher.ts";

interface StreakKeeperDeps {
  students: StudentStore;
  activities: ActivityStore;
  counts: StreakCounts;
  /** Lengths of a streak that are told of. */
  milestones: readonly number[];
  publisher: EventPublisher;
}

/** A streak, and what of it has not been told yet. */
export interface CountedStreak {
  readonly streak: Streak;
  readonly untold: readonly StreakReached[];
}

/**
 * Keeps the stored streak equal to what the set of days that count says, in whatever order they become known. The student
 * is read before the days: whoever writes in between makes the compare-and-set fail.
 *
 * A milestone and its event are one write with the streak that reached it, so each is told once for each streak, whoever
 * dies or retries.
 */
export class StreakKeeper {
  readonly #deps: StreakKeeperDeps;

  constructor(deps: StreakKeeperDeps) {
    this.#deps = deps;
  }

  /** Takes in a day that is already among the activities. Again changes nothing. */
  async count(userId: UserId, moment: Moment): Promise<CountedStreak> {
    const { students } = this.#deps;
    let counted: CountedStreak = { streak: noStreak, untold: [] };
    await retryWhileRaced(async () => {
      const student = await students.read(userId);
      const streak = await this.#streakWith(userId, student.streak, moment.day);
      const reached = this.#reachedBy(userId, student, streak, moment);
      counted = { streak, untold: [...student.outbox, ...reached] };
      return streak === student.streak || students.replaceStreak(userId, student.streak, streak, reached);
    });
    return counted;
  }

  /** Makes the streak what the days say that are left. */
  async recount(userId: UserId): Promise<void> {
    const { students, activities, counts } = this.#deps;
    await retryWhileRaced(async () => {
      const { streak } = await students.read(userId);
      const left = streakOf(await activities.daysThatCount(userId, counts));
      return isSameStreak(left, streak) || students.replaceStreak(userId, streak, left, []);
    });
  }

  /** Publishes what has not been told yet. */
  async tell(userId: UserId, untold: readonly StreakReached[]): Promise<void> {
    const { students, publisher } = this.#deps;
    for (const event of untold) {
      await publisher.publish(event);
      await students.settle(userId, event.id);
    }
  }

  async #streakWith(userId: UserId, streak: Streak, day: Day): Promise<Streak> {
    const { activities, counts } = this.#deps;
    if (streak.lastDay === day) return streak;
    const isLate = streak.lastDay !== null && day < streak.lastDay;
    // A mark waits in no outbox: a process that died may have left one uncounted on the days before.
    if (!isLate && counts === "completion") return advanceStreak(streak, day);
    const recomputed = streakOf(await activities.daysThatCount(userId, counts));
    return { ...recomputed, longest: Math.max(streak.longest, recomputed.longest) };
  }

  #reachedBy(
    userId: UserId,
    { streak: before, milestones: told }: Student,
    after: Streak,
    moment: Moment,
  ): StreakReached[] {
    const since = firstDay(after);
    if (since === null) return [];
    return milestonesReached({ before, after }, this.#deps.milestones, told).map((days) =>
      streakReached(userId, moment, { days, firstDay: since }),
    );
  }
}
