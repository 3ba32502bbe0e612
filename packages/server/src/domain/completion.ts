import type { Day } from "./activity-day.ts";
import type { Course } from "./course.ts";
import type { LectureId, ProgressKey } from "./ids.ts";

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

/** When something happened, and which day that was for the student. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly occurredAt: number;
  /** The day in the student's zone at the moment of completing: late work counts for the right day. */
  readonly day: Day;
  readonly zone: string;
}

interface CompletionFact extends ProgressKey, Moment {
  /** Made of what it tells, so that telling it twice can be noticed. */
  readonly id: string;
}

export interface LectureCompleted extends CompletionFact {
  readonly type: "lecture.completed";
  readonly lectureId: LectureId;
}

export interface CourseCompleted extends CompletionFact {
  readonly type: "course.completed";
}

/** Something that happened to a student's progress and that others follow. */
export type LearningEvent = LectureCompleted | CourseCompleted;

/** @param time how often this lecture has been completed, this time included */
export function lectureCompleted(
  key: ProgressKey,
  { occurredAt, day, zone }: Moment,
  lectureId: LectureId,
  time: number,
): LectureCompleted {
  const { userId, courseId } = key;
  const id = ["lecture.completed", userId, courseId, lectureId, time].join("/");
  return { id, type: "lecture.completed", userId, courseId, lectureId, occurredAt, day, zone };
}

/** @param rev the revision of the progress that records it; it never repeats */
export function courseCompleted(key: ProgressKey, { occurredAt, day, zone }: Moment, rev: number): CourseCompleted {
  const { userId, courseId } = key;
  const id = ["course.completed", userId, courseId, rev].join("/");
  return { id, type: "course.completed", userId, courseId, occurredAt, day, zone };
}
