import { readFileSync } from "node:fs";
import type { CourseId, LectureId, UserId } from "../domain/ids.ts";

export const demoStudent = "demo-student" as UserId;

/** The course with real videos. */
export const demoCourse = "how-memory-works" as CourseId;
export const demoLecture: LectureId = lectureIdOf(1);

export const videos: readonly { title: string; durationSeconds: number; file: string }[] = [
  { title: "How memories are made", durationSeconds: 90, file: "lecture-1.mp4" },
  { title: "Why we forget", durationSeconds: 75, file: "lecture-2.mp4" },
  { title: "Practising so that it stays", durationSeconds: 60, file: "lecture-3.mp4" },
];

/** What the demo student has behind them: `done` of `lectures`, one on each day of activity. */
export const pastCourses: readonly { courseId: string; title: string; lectures: number; done: number }[] = [
  { courseId: "algebra", title: "Algebra from the beginning", lectures: 90, done: 90 },
  { courseId: "music-theory", title: "Reading and hearing music", lectures: 50, done: 50 },
  { courseId: "world-history", title: "A short history of the world", lectures: 80, done: 62 },
];

/** @param number 1, 2, 3, ... */
export function lectureIdOf(number: number): LectureId {
  return `lecture-${number}` as LectureId;
}

/** The days of a real student, oldest first, and whom to thank for them. */
export function readActivity(): { attribution: string; daysAgo: [daysAgo: number, count: number][] } {
  return JSON.parse(readFileSync(new URL("activity.json", import.meta.url), "utf8")) as ReturnType<typeof readActivity>;
}
