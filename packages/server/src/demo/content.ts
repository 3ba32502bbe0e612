import { readFileSync } from "node:fs";
import type { CourseId, LectureId, UserId } from "../domain/ids.ts";

export const demoStudent = "demo-student" as UserId;

/** The course to begin with. */
export const demoCourse = "how-memory-works" as CourseId;
export const demoLecture: LectureId = lectureIdOf(1);

interface Video {
  readonly file: string;
  readonly durationSeconds: number;
}

export const demoLectures: readonly (Video & { readonly title: string })[] = [
  { title: "How memories are made", durationSeconds: 90, file: "lecture-1.mp4" },
  { title: "Why we forget", durationSeconds: 75, file: "lecture-2.mp4" },
  { title: "Practising so that it stays", durationSeconds: 60, file: "lecture-3.mp4" },
];

/** What the demo student has behind them: `done` of `lectures`, as many as the activity below tells of. */
export const pastCourses: readonly { courseId: string; title: string; lectures: number; done: number }[] = [
  { courseId: "algebra", title: "Algebra from the beginning", lectures: 160, done: 160 },
  { courseId: "music-theory", title: "Reading and hearing music", lectures: 90, done: 90 },
  { courseId: "spanish", title: "Spanish for travellers", lectures: 120, done: 104 },
  { courseId: "world-history", title: "A short history of the world", lectures: 145, done: 112 },
];

/** Past lectures take the videos in turn, so that every lecture of the demo can be watched. */
export function pastVideo(number: number): Video {
  return demoLectures[(number - 1) % demoLectures.length] as Video;
}

/** @param number 1, 2, 3, ... */
export function lectureIdOf(number: number): LectureId {
  return `lecture-${number}` as LectureId;
}

/** The days of a real student with the lectures done on each, oldest first, and whom to thank for them. */
export function readActivity(): { attribution: string; daysAgo: [daysAgo: number, count: number][] } {
  return JSON.parse(readFileSync(new URL("activity.json", import.meta.url), "utf8")) as ReturnType<typeof readActivity>;
}
