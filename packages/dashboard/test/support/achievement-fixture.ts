import type { AchievementsResponse } from "@aetherlearn/protocol";

type Earned = AchievementsResponse["earned"][number];
type Locked = AchievementsResponse["locked"][number];

/** Those of a student who has been here for most of a year. */
export function someAchievements(today: string): AchievementsResponse {
  const earned = (achievementId: string, title: string, daysAgo: number): Earned => {
    const date = Temporal.PlainDate.from(today).subtract({ days: daysAgo }).toString();
    // Late in the evening west of Greenwich, where the instant has the next day already.
    return { achievementId, title, earnedAt: Date.parse(`${date}T23:30:00-05:00`), date };
  };
  return {
    earned: [
      earned("lectures-100", "A hundred lectures", 60),
      earned("streak-30", "A month in a row", 240),
      earned("first-course", "First course", 250),
      earned("streak-7", "A week in a row", 263),
      earned("streak-3", "Three days in a row", 267),
      earned("lectures-10", "Ten lectures", 290),
      earned("first-lecture", "First lecture", 300),
    ],
    locked: [
      lockedAchievement("lectures-1000", "A thousand lectures", "lecturesCompleted", 148, 1000),
      lockedAchievement("streak-100", "A hundred days in a row", "longestStreak", 31, 100),
      lockedAchievement("streak-365", "A year in a row", "longestStreak", 31, 365),
      lockedAchievement("comeback", "Welcome back", "comebackDays", 22, 30),
    ],
  };
}

export function noAchievements(): AchievementsResponse {
  return {
    earned: [],
    locked: [
      lockedAchievement("first-lecture", "First lecture", "lecturesCompleted", 0, 1),
      lockedAchievement("lectures-10", "Ten lectures", "lecturesCompleted", 0, 10),
      lockedAchievement("first-course", "First course", "coursesCompleted", 0, 1),
      lockedAchievement("streak-3", "Three days in a row", "longestStreak", 0, 3),
      lockedAchievement("comeback", "Welcome back", "comebackDays", 0, 30),
    ],
  };
}

export function lockedAchievement(
  achievementId: string,
  title: string,
  fact: Locked["fact"],
  progress: number,
  target: number,
): Locked {
  return { achievementId, title, fact, progress, target };
}
