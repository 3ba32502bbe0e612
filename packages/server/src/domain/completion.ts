import type { Course } from "./course.ts";
import type { LectureId } from "./ids.ts";

/** Share of a course that is done, 0..100, rounded down; 0 for an empty course, 100 exactly when all is done. */
export function completionPercentage(completed: number, total: number): number {
  return total === 0 ? 0 : Math.floor((completed * 100) / total);
}

/** The completed lectures that still exist. */
export function completedOf(course: Course, completed: Iterable<LectureId>): LectureId[] {
  return [...completed].filter((lectureId) => course.lectures.has(lectureId));
}

export function isCovered(course: Course, completed: ReadonlyMap<LectureId, unknown>): boolean {
  return course.lectures.size > 0 && course.lectures.keys().every((lectureId) => completed.has(lectureId));
}
