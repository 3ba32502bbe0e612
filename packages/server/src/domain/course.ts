import type { CourseId, LectureId } from "./ids.ts";

export interface LectureDetails {
  readonly title: string;
  readonly durationSeconds: number;
  /** Place in the course; equal orders are told apart by id. */
  readonly order: number;
}

export interface Course {
  readonly courseId: CourseId;
  readonly title: string;
  /** Raised by every change. */
  readonly version: number;
  readonly lectures: ReadonlyMap<LectureId, LectureDetails>;
}

/** A course is one document; this keeps it well below the store's limit of 16 MiB. */
export const maxLectures = 10_000;

/** The lectures in the order a student sees them. */
export function inOrder(course: Course): [LectureId, LectureDetails][] {
  return [...course.lectures].toSorted(([a, one], [b, other]) => one.order - other.order || (a < b ? -1 : 1));
}

/** The place after the last lecture. */
export function nextOrder(course: Course): number {
  let next = 0;
  for (const { order } of course.lectures.values()) next = Math.max(next, order + 1);
  return next;
}
