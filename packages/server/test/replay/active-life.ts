import type { ActiveStudent } from "./real-data.ts";

/** What a student does, or looks at, at one instant. */
export interface Happening {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The place in the student's days; those after the last one are days of rest. */
  readonly index: number;
  readonly day: string;
  /** How many lectures the student completes; none on a day of rest. */
  readonly completions: number;
  /** How many lectures the student has completed before. */
  readonly completedBefore: number;
}

const aDayMs = 86_400_000;
const manyClicks = 80;

/**
 * The life of a student in their zone, and the two days of rest after it. What they do falls by turns into the first and
 * the last minutes of their day, which is another day in most other places.
 */
export function lifeOf({ days }: ActiveStudent, zone: string): Happening[] {
  const life: Happening[] = [];
  let completedBefore = 0;
  for (const [index, { day, clicks }] of days.entries()) {
    const completions = clicks > manyClicks ? 2 : 1;
    life.push({ at: instantOf(day, index, zone), index, day, completions, completedBefore });
    completedBefore += completions;
  }
  for (const rest of [1, 2]) {
    const day = dayNumbered(numberOf(days.at(-1)?.day ?? "") + rest);
    life.push({ at: instantOf(day, rest, zone), index: days.length - 1 + rest, day, completions: 0, completedBefore });
  }
  return life;
}

/** The length of the run of days that ends with each day, by counting. */
export function runsOf({ days }: ActiveStudent): number[] {
  const runs: number[] = [];
  for (const [index, { day }] of days.entries()) {
    const before = days[index - 1];
    const isNextDay = before !== undefined && numberOf(day) - numberOf(before.day) === 1;
    runs.push(isNextDay ? (runs[index - 1] ?? 0) + 1 : 1);
  }
  return runs;
}

/** The days that a heatmap shows on this day. */
export function shownOn(today: string, life: readonly Happening[]): { date: string; count: number }[] {
  const first = dayNumbered(numberOf(today) - 364);
  return life
    .filter(({ day, completions }) => completions > 0 && day >= first && day <= today)
    .map(({ day, completions }) => ({ date: day, count: completions }));
}

function instantOf(day: string, turn: number, zone: string): number {
  const plainTime = turn % 2 === 0 ? "00:05" : "23:55";
  return Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds;
}

/** Days since 1970. */
function numberOf(day: string): number {
  return Date.parse(day) / aDayMs;
}

function dayNumbered(number: number): string {
  return new Date(number * aDayMs).toISOString().slice(0, 10);
}
