import { type Day, daysUntil } from "./activity-day.ts";
import { streakOf } from "./streak.ts";

/** What an achievement can be a condition on. */
export const factNames = [
  /** Lectures that are completed now, over all courses. */
  "lecturesCompleted",
  /** Courses that are completed now. */
  "coursesCompleted",
  /** Days in a row, of the days that count for the streak. */
  "longestStreak",
  /** Days that count for the streak. */
  "activeDays",
  /** Days from one day that counts to the next one, the longest of them. */
  "comebackDays",
] as const;

type FactName = (typeof factNames)[number];
export type Facts = Readonly<Record<FactName, number>>;

/** Something to be earned, once and for ever: by a fact that has become so large. */
export interface Achievement {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly fact: FactName;
  readonly atLeast: number;
}

export function isReached({ fact, atLeast }: Achievement, facts: Facts): boolean {
  return facts[fact] >= atLeast;
}

/** What the days that count say, in whatever order they are given. */
export function factsOfDays(days: Iterable<Day>): Pick<Facts, "longestStreak" | "activeDays" | "comebackDays"> {
  const sorted = [...new Set(days)].toSorted();
  const comebacks = sorted.slice(1).map((day, index) => daysUntil(sorted[index] as Day, day));
  return {
    longestStreak: streakOf(sorted).longest,
    activeDays: sorted.length,
    comebackDays: Math.max(0, ...comebacks),
  };
}

/** The lengths of a streak that are told of: those that an achievement asks for, ascending. */
export function streakMilestones(achievements: readonly Achievement[]): number[] {
  const lengths = achievements.filter(({ fact }) => fact === "longestStreak").map(({ atLeast }) => atLeast);
  return [...new Set(lengths)].toSorted((one, other) => one - other);
}
