import * as fc from "fast-check";
import type { Day } from "../../src/domain/activity-day.ts";
import type { Streak } from "../../src/domain/streak.ts";

const aDayMs = 86_400_000;

/** Days since 1970, few enough to make runs, around the last day of February of a leap year. */
const first = Date.UTC(2024, 1, 15) / aDayMs;
const dayNumber = fc.integer({ min: first, max: first + 30 });

/** Days in the order in which they become known: shuffled, some of them several times. */
export const arrivals: fc.Arbitrary<Day[]> = fc
  .array(dayNumber, { minLength: 1, maxLength: 25, size: "max" })
  .map((numbers) => numbers.map(dayOf));

/** What a set of days says, by counting runs of day numbers. */
export function countedStreak(days: Iterable<Day>): Streak {
  const numbers = new Set([...days].map((day) => Date.parse(day) / aDayMs));
  if (numbers.size === 0) return { current: 0, longest: 0, lastDay: null };
  const last = Math.max(...numbers);
  const runs = [...numbers].map((number) => runUntil(number, numbers));
  return { current: runUntil(last, numbers), longest: Math.max(...runs), lastDay: dayOf(last) };
}

function runUntil(last: number, numbers: ReadonlySet<number>): number {
  let length = 0;
  while (numbers.has(last - length)) length++;
  return length;
}

function dayOf(number: number): Day {
  return new Date(number * aDayMs).toISOString().slice(0, 10) as Day;
}
