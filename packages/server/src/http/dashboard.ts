import {
  AchievementsResponse,
  CourseProgressListResponse,
  HeatmapQuery,
  HeatmapResponse,
  MarkResponse,
  StudentStatsResponse,
} from "@aetherlearn/protocol/schema";
import type { Achievements } from "../application/achievements.ts";
import type { Dashboard } from "../application/dashboard.ts";
import type { Api } from "./validation.ts";

const mark = {
  schema: {
    operationId: "markActivity",
    tags: ["Dashboard"],
    summary: "Count one more activity today",
    description: "Takes no body. Makes today active; it does not count for the streak, unless so configured.",
    response: { 200: MarkResponse },
  },
  config: { problems: ["store_unavailable", "busy"] },
} as const;

const heatmap = {
  schema: {
    operationId: "readHeatmap",
    tags: ["Dashboard"],
    summary: "Activity of the last 365 days, oldest first",
    querystring: HeatmapQuery,
    response: { 200: HeatmapResponse },
  },
  config: { problems: ["store_unavailable"] },
} as const;

const courseProgress = {
  schema: {
    operationId: "listCourseProgress",
    tags: ["Dashboard"],
    summary: "Completion of every course the student has started",
    response: { 200: CourseProgressListResponse },
  },
  config: { problems: ["buffer_unavailable", "store_unavailable"] },
} as const;

const stats = {
  schema: {
    operationId: "readStudentStats",
    tags: ["Dashboard"],
    summary: "Streaks and totals of the student",
    response: { 200: StudentStatsResponse },
  },
  config: { problems: ["store_unavailable"] },
} as const;

const achievementsRoute = {
  schema: {
    operationId: "listAchievements",
    tags: ["Dashboard"],
    summary: "What the student has earned, and how far they are with the rest",
    response: { 200: AchievementsResponse },
  },
  config: { problems: ["store_unavailable"] },
} as const;

interface DashboardDeps {
  dashboard: Dashboard;
  achievements: Achievements;
}

export function dashboardRoutes(api: Api, { dashboard, achievements }: DashboardDeps): void {
  api.post("/progress/heatmap/mark", mark, async ({ caller }) => {
    await dashboard.mark(caller);
    return { message: "marked" } as const;
  });

  api.get("/progress/heatmap/data", heatmap, async ({ caller, query }) => {
    const days = await dashboard.heatmap(caller, query.fill === "zero");
    return days.map(({ day, count }) => ({ date: day, count }));
  });

  api.get("/stats/course-progress", courseProgress, ({ caller }) => dashboard.courseProgress(caller));

  api.get("/stats/achievements", achievementsRoute, async ({ caller }) => {
    const { earned, locked } = await achievements.overview(caller.userId);
    return {
      earned: earned.map(({ achievementId, title, description, occurredAt, day }) => ({
        achievementId,
        title,
        ...(description !== undefined && { description }),
        earnedAt: occurredAt,
        date: day,
      })),
      locked: locked.map(({ achievement: { id, title, description, fact, atLeast }, progress }) => ({
        achievementId: id,
        title,
        ...(description !== undefined && { description }),
        fact,
        progress,
        target: atLeast,
      })),
    };
  });

  api.get("/stats/student", stats, ({ caller }) => dashboard.stats(caller));
}
