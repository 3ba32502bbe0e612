import { type DayNumber, parseCivilDate } from "./civil-date.ts";
import type { DayRange } from "./week-columns.ts";

export interface ActivityDay {
  date: string;
  count: number;
}

export type Level = 0 | 1 | 2 | 3 | 4;

/**
 * The smallest count of levels 1 to 4. Fixed, not relative to the busiest day: a colour must mean the same next week
 * and for the next student, or one marathon day turns a diligent year pale.
 */
export const levelLimits = [1, 2, 4, 7] as const;

export function levelOf(count: number): Level {
  return levelLimits.filter((limit) => count >= limit).length as Level;
}

export interface Activity {
  counts: ReadonlyMap<DayNumber, number>;
  latest: DayNumber | null;
  /** Days without activity are listed too, so the last day listed is today. */
  isFilled: boolean;
}

/** Entries that are no real day are left out: a calendar with a gap is better than none. */
export function readActivity(days: readonly ActivityDay[]): Activity {
  const counts = new Map<DayNumber, number>();
  let latest: DayNumber | null = null;
  let isFilled = false;
  for (const { date, count } of days) {
    const day = parseCivilDate(date);
    if (day === null) continue;
    counts.set(day, (counts.get(day) ?? 0) + count);
    latest = latest === null || day > latest ? day : latest;
    isFilled ||= count === 0;
  }
  return { counts, latest, isFilled };
}

export interface ActivitySummary {
  lectures: number;
  activeDays: number;
}

export function summarize(activity: Activity, range: DayRange): ActivitySummary {
  let lectures = 0;
  let activeDays = 0;
  for (const [day, count] of activity.counts) {
    if (day < range.first || day > range.last || count === 0) continue;
    lectures += count;
    activeDays++;
  }
  return { lectures, activeDays };
}
