import type { Course } from "./course.ts";
import type { CourseId, LectureId, UserId } from "./ids.ts";

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

interface CompletionFact {
  /** Made of what it tells, so that telling it twice can be noticed. */
  readonly id: string;
  readonly userId: UserId;
  readonly courseId: CourseId;
  /** Milliseconds since 1970. */
  readonly occurredAt: number;
  /** The day in the student's zone at the moment of completing: late work counts for the right day. */
  readonly day: string;
  readonly zone: string;
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

type Moment = Pick<CompletionFact, "userId" | "courseId" | "occurredAt" | "day" | "zone">;

/** @param time how often this lecture has been completed, this time included */
export function lectureCompleted(moment: Moment, lectureId: LectureId, time: number): LectureCompleted {
  const id = ["lecture.completed", moment.userId, moment.courseId, lectureId, time].join("/");
  return { id, type: "lecture.completed", ...moment, lectureId };
}

/** @param rev the revision of the progress that was found complete; it never repeats */
export function courseCompleted(moment: Moment, rev: number): CourseCompleted {
  const id = ["course.completed", moment.userId, moment.courseId, rev].join("/");
  return { id, type: "course.completed", ...moment };
}
