import type { StreakState } from "../api/streak-state.ts";

export interface StreakLabels {
  name: string;
  state: Record<StreakState, string>;
  days: (count: number) => string;
  activeHint: string;
  atRiskHint: (timeLeft: string) => string;
  brokenHint: (lastDay: string) => string;
  newHint: string;
  longest: string;
  activeDays: string;
  totalCompleted: string;
  hide: string;
  show: string;
}

const plural = new Intl.PluralRules("en");

export const streakLabels: StreakLabels = {
  name: "Streak",
  state: { active: "Active", "at-risk": "At risk", broken: "Fresh start", new: "Not started" },
  days: (count) => (plural.select(count) === "one" ? "day in a row" : "days in a row"),
  activeHint: "Today counts already.",
  atRiskHint: (timeLeft) => `Ends at midnight, in ${timeLeft}. One lecture keeps it.`,
  brokenHint: (lastDay) => `Last active on ${lastDay}. Your next lecture starts a new streak.`,
  newHint: "Your first finished lecture starts it.",
  longest: "Longest",
  activeDays: "Active days",
  totalCompleted: "Completed",
  hide: "Hide",
  show: "Show streak",
};
