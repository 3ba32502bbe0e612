import type { CourseDraft } from "../application/course-editor.ts";
import { type CoreOptions, createCore } from "../core.ts";
import { addDays, dayAt } from "../domain/activity-day.ts";
import type { CourseId, ProgressKey } from "../domain/ids.ts";
import type { Stores } from "../ports/stores.ts";
import {
  demoCourse,
  demoLecture,
  demoLectures,
  demoStudent,
  lectureIdOf,
  pastCourses,
  pastVideo,
  readActivity,
} from "./content.ts";

const noon = 12 * 3_600_000;

/**
 * Gives an empty store a student with a year behind them, by the same use cases that real students use, on the days of a
 * real one (see activity.json). Interrupted, it goes on where it stopped.
 * @param onProgress called with the days done and their number
 * @returns false when there was nothing to do
 */
export async function seedDemo(
  stores: Stores,
  options: CoreOptions,
  onProgress: (done: number, total: number) => void,
): Promise<boolean> {
  if ((await stores.catalog.read(demoCourse)) !== null) return false;
  const { editor, saver } = createCore(stores, options);
  for (const course of pastCourses) await editor.replace(pastCourse(course));
  await relive(stores, options, onProgress);
  // The demo's own course comes last: with it the seed is complete.
  const lectures = demoLectures.map(({ title, durationSeconds }, index) => ({
    title,
    durationSeconds,
    lectureId: lectureIdOf(index + 1),
  }));
  await editor.replace({ courseId: demoCourse, title: "How memory works", lectures });
  await saver.save({ key: keyOf("spanish"), lectureId: lectureIdOf(104), seconds: pastVideo(104).durationSeconds });
  await saver.save({ key: keyOf("world-history"), lectureId: lectureIdOf(113), seconds: 31.2 });
  await saver.save({ key: keyOf(demoCourse), lectureId: demoLecture, seconds: 42.5 });
  return true;
}

async function relive(
  stores: Stores,
  options: CoreOptions,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const today = dayAt(options.clock.now(), "UTC");
  let now = options.clock.now();
  const telemetry = { ...options.telemetry, eventPublished: () => undefined };
  const clock = { ...options.clock, now: () => now };
  // What is long past is news to nobody: no webhook is told of it.
  const { completions } = createCore(stores, { ...options, telemetry, clock, delivery: undefined });
  const { daysAgo: days } = readActivity();
  const lectures = pastCourses.flatMap(({ courseId, done }) =>
    Array.from({ length: done }, (_, index) => ({ courseId, lectureId: lectureIdOf(index + 1) })),
  );
  for (const [index, [daysAgo, count]] of days.entries()) {
    now = Date.parse(addDays(today, -daysAgo)) + noon;
    for (const { courseId, lectureId } of lectures.splice(0, count)) {
      await completions.complete({ userId: demoStudent, zone: "UTC" }, keyOf(courseId), lectureId);
    }
    onProgress(index + 1, days.length);
  }
}

function pastCourse({ courseId, title, lectures }: (typeof pastCourses)[number]): CourseDraft {
  return {
    courseId: courseId as CourseId,
    title,
    lectures: Array.from({ length: lectures }, (_, index) => ({
      lectureId: lectureIdOf(index + 1),
      title: `Lecture ${index + 1}`,
      durationSeconds: pastVideo(index + 1).durationSeconds,
    })),
  };
}

function keyOf(courseId: string): ProgressKey {
  return { userId: demoStudent, courseId: courseId as CourseId };
}
