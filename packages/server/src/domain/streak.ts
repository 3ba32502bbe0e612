import { addDays, type Day } from "./activity-day.ts";

/** Consecutive days that count, as of the last of them. Judged on read: see {@link currentStreak}. */
export interface Streak {
  readonly current: number;
  readonly longest: number;
  readonly lastDay: Day | null;
}

export const noStreak: Streak = { current: 0, longest: 0, lastDay: null };

export function isSameStreak(one: Streak, other: Streak): boolean {
  return one.current === other.current && one.longest === other.longest && one.lastDay === other.lastDay;
}

/** The streak after a day that is not before its last one; the same day again changes nothing. */
export function advanceStreak(streak: Streak, day: Day): Streak {
  if (streak.lastDay === day) return streak;
  const isNextDay = streak.lastDay !== null && addDays(streak.lastDay, 1) === day;
  const current = isNextDay ? streak.current + 1 : 1;
  return { current, longest: Math.max(streak.longest, current), lastDay: day };
}

/** The streak that a set of days says, in whatever order they are given. */
export function streakOf(days: Iterable<Day>): Streak {
  return [...days].toSorted().reduce(advanceStreak, noStreak);
}

/** The streak as the student sees it today: yesterday keeps it alive until today ends. */
export function currentStreak(streak: Streak, today: Day): number {
  return streak.lastDay !== null && streak.lastDay >= addDays(today, -1) ? streak.current : 0;
}

/** The first of the streak's days; null when it has none. */
export function firstDay({ current, lastDay }: Streak): Day | null {
  return lastDay === null ? null : addDays(lastDay, 1 - current);
}

/**
 * The milestones that a streak has reached by growing from `before` to `after`, ascending. Late work may join two streaks and
 * move the first day back, so what was told of any part of it counts as told of it.
 * @param told for each milestone the first day of the last streak that it was told of
 */
export function milestonesReached(
  { before, after }: { before: Streak; after: Streak },
  milestones: readonly number[],
  told: ReadonlyMap<number, Day>,
): number[] {
  const since = firstDay(after);
  if (since === null) return [];
  const earlier = before.lastDay !== null && before.lastDay >= since ? before.current : 0;
  return milestones.filter((days) => days > earlier && days <= after.current && (told.get(days) ?? "") < since);
}
