import type { StudentStatsResponse } from "@aetherlearn/protocol";
import { type DayNumber, parseCivilDate } from "../calendar/civil-date.ts";

/** `at-risk`: alive, but only until today ends. `new`: nothing to break yet. */
export type StreakState = "active" | "at-risk" | "broken" | "new";

/**
 * `activeToday` would not do: opening a dashboard can make a day active without counting for the streak. The last day
 * that counts is compared with today instead.
 */
export function streakState(stats: StudentStatsResponse, today: DayNumber): StreakState {
  const lastDay = stats.lastActiveDate === null ? null : parseCivilDate(stats.lastActiveDate);
  if (lastDay === null) return "new";
  if (stats.currentStreak === 0) return "broken";
  return lastDay >= today ? "active" : "at-risk";
}
