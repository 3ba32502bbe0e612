import { addDays, type Day } from "./activity-day.ts";

/** Consecutive days that count, as of the last of them. Judged on read: see {@link currentStreak}. */
export interface Streak {
  readonly current: number;
  readonly longest: number;
  readonly lastDay: Day | null;
}

export const noStreak: Streak = { current: 0, longest: 0, lastDay: null };

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
