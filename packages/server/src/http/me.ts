import { ProfileRequest, ProfileResponse, StudentDataResponse } from "@aetherlearn/protocol/schema";
import type { Static } from "typebox";
import type { StudentData, StudentDataKeeper } from "../application/student-data.ts";
import type { Students } from "../application/students.ts";
import type { UserId } from "../domain/ids.ts";
import { rangesOf } from "./coverage.ts";
import { type Api, noContent } from "./validation.ts";

interface MeDeps {
  students: Students;
  studentData: StudentDataKeeper;
}

const readProfile = {
  schema: {
    operationId: "readProfile",
    tags: ["Student"],
    summary: "The student's time zone and day",
    response: { 200: ProfileResponse },
  },
  config: { problems: ["store_unavailable"] },
} as const;

const changeProfile = {
  schema: {
    operationId: "changeProfile",
    tags: ["Student"],
    summary: "Choose a time zone",
    description: "It decides the student's day wherever the token has no `zoneinfo` claim.",
    body: ProfileRequest,
    response: { 200: ProfileResponse },
  },
  config: { problems: ["store_unavailable"] },
} as const;

const exportData = {
  schema: {
    operationId: "exportStudentData",
    tags: ["Student"],
    summary: "Everything the service holds about the student",
    response: { 200: StudentDataResponse },
  },
  config: { problems: ["buffer_unavailable", "store_unavailable"] },
} as const;

const eraseData = {
  schema: {
    operationId: "eraseStudentData",
    tags: ["Student"],
    summary: "Forget everything about the student",
    response: { 204: noContent("It is forgotten.") },
  },
  config: { problems: ["buffer_unavailable", "store_unavailable", "busy"] },
} as const;

export function meRoutes(api: Api, { students, studentData }: MeDeps): void {
  api.get("/me", readProfile, async ({ caller }) => {
    return { userId: caller.userId, ...(await students.profile(caller)) };
  });

  api.put("/me", changeProfile, async ({ caller, body }) => {
    return { userId: caller.userId, ...(await students.setTimeZone(caller, body.timeZone)) };
  });

  api.get("/me/data", exportData, async ({ caller: { userId } }) => {
    return exported(userId, await studentData.export(userId));
  });

  api.delete("/me/data", eraseData, async ({ caller }, reply) => {
    await studentData.erase(caller.userId);
    return reply.code(204).send();
  });
}

function exported(
  userId: UserId,
  { student, courses, activities, achievements }: StudentData,
): Static<typeof StudentDataResponse> {
  const { timeZone, streak } = student;
  return {
    userId,
    exportedAt: isoTime(Date.now()),
    timeZone,
    streak: { currentStreak: streak.current, longestStreak: streak.longest, lastActiveDate: streak.lastDay },
    courses: courses.map(({ courseId, positions, completedAt, played, courseCompletedAt }) => ({
      courseId,
      positions: Array.from(positions, ([lectureId, { stamp, seconds }]) => ({ lectureId, watchTime: seconds, stamp })),
      completions: Array.from(completedAt, ([lectureId, at]) => ({ lectureId, completedAt: isoTime(at) })),
      played: Array.from(played, ([lectureId, { ranges }]) => ({ lectureId, ranges: rangesOf(ranges) })),
      courseCompletedAt: courseCompletedAt === null ? null : isoTime(courseCompletedAt),
    })),
    activities: activities.map(({ day, count, completions }) => ({ date: day, count, completions })),
    achievements: achievements.map(({ achievementId, title, occurredAt, day, cause }) => ({
      achievementId,
      title,
      earnedAt: isoTime(occurredAt),
      date: day,
      event: cause,
    })),
  };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
