import assert from "node:assert/strict";
import { test } from "node:test";
import { continueItems, nextLecture, positionOf } from "../src/api/next-lecture.ts";
import { type ProgressApi, RequestFailedError } from "../src/api/progress-api.ts";
import { streakState } from "../src/api/streak-state.ts";
import { loadStudentCourses, type StudentCourse } from "../src/api/student-courses.ts";
import { parseCivilDate } from "../src/calendar/civil-date.ts";
import { someStudent } from "./support/student-fixture.ts";

const student = someStudent("2025-06-03");

function courseWith(completedLectures: string[], lastWatchedLecture: string | null): StudentCourse {
  const course = student.courses.get("typescript");
  const progress = student.progress.get("typescript");
  assert.ok(course && progress);
  return { course, progress: { ...progress, completedLectures, lastWatchedLecture }, lastWatchedAt: undefined };
}

test("an unfinished lecture goes on, a finished one leads to the next", () => {
  const lectureAfter = (done: string[], last: string | null): string | undefined =>
    nextLecture(courseWith(done, last))?.lecture.lectureId;
  assert.equal(lectureAfter([], "l2"), "l2");
  assert.equal(lectureAfter(["l1"], "l1"), "l2");
  assert.equal(lectureAfter(["l1", "l2"], "l1"), "l3");
  assert.equal(lectureAfter(["l2", "l3"], "l3"), "l1", "what was skipped is left to do");
  assert.equal(lectureAfter(["l1"], null), "l2");
  assert.equal(lectureAfter(["l1", "l2", "l3"], "l3"), undefined);
});

test("a finished course has no card", () => {
  assert.deepEqual(continueItems([courseWith(["l1", "l2", "l3"], "l3")]), []);
});

test("a lecture named like an object's own property has no position by accident", () => {
  assert.equal(positionOf(courseWith([], null), "constructor"), 0);
});

function apiOf(answers: Record<string, unknown>): ProgressApi {
  return {
    get: async (path) => {
      if (!(path in answers)) throw new RequestFailedError(404, path);
      return answers[path] as never;
    },
  };
}

test("courses come newest first, and one that was deleted is left out", async () => {
  const [course, progress] = [student.courses.get("typescript"), student.progress.get("typescript")];
  const api = apiOf({
    "/stats/course-progress": [
      { courseId: "old", progress: 1, lastWatchedAt: 10 },
      { courseId: "gone", progress: 1, lastWatchedAt: 30 },
      { courseId: "new", progress: 1, lastWatchedAt: 20 },
    ],
    "/courses/old": { ...course, courseId: "old" },
    "/progress/old": progress,
    "/courses/new": { ...course, courseId: "new" },
    "/progress/new": progress,
  });
  assert.deepEqual(
    (await loadStudentCourses(api)).map((one) => one.course.courseId),
    ["new", "old"],
  );
});

test("a streak is active, at risk, broken or new by its last day, not by today's visit", () => {
  const today = parseCivilDate("2025-06-03") ?? 0;
  const stateOf = (currentStreak: number, lastActiveDate: string | null): string =>
    streakState({ ...student.stats, currentStreak, lastActiveDate, activeToday: true }, today);
  assert.equal(stateOf(3, "2025-06-03"), "active");
  assert.equal(stateOf(3, "2025-06-02"), "at-risk");
  assert.equal(stateOf(0, "2025-05-30"), "broken");
  assert.equal(stateOf(0, null), "new");
});
