import type { Lecture } from "@aetherlearn/protocol";
import type { LoadedCourse, StudentCourse } from "./student-courses.ts";

/** Where a student goes on in one course. */
export interface ContinueItem {
  courseId: string;
  courseTitle: string;
  lectureId: string;
  lectureTitle: string;
  positionSeconds: number;
  durationSeconds: number;
  /** The lecture watched last is done; this is the one after it. */
  isNext: boolean;
  /** Where the card leads. Without it the card only tells the page, by a `resume` event. */
  href?: string;
  /** Milliseconds since 1970; cards are sorted by it, newest first. */
  lastWatchedAt?: number | undefined;
}

/** The lecture watched last, or the next one to do when that is done; `null` when the whole course is. */
export function nextLecture({ course, progress }: LoadedCourse): { lecture: Lecture; isNext: boolean } | null {
  const done = new Set(progress.completedLectures);
  const lastIndex = course.lectures.findIndex(({ lectureId }) => lectureId === progress.lastWatchedLecture);
  const last = course.lectures[lastIndex];
  if (last && !done.has(last.lectureId)) return { lecture: last, isNext: false };
  const fromThere = [...course.lectures.slice(lastIndex + 1), ...course.lectures.slice(0, Math.max(lastIndex, 0))];
  const next = fromThere.find(({ lectureId }) => !done.has(lectureId));
  return next ? { lecture: next, isNext: done.size > 0 } : null;
}

/** `constructor` is a legal lecture id, so only the object's own entries count. */
export function positionOf({ progress }: LoadedCourse, lectureId: string): number {
  return Object.hasOwn(progress.watchTimes, lectureId) ? (progress.watchTimes[lectureId] ?? 0) : 0;
}

export function continueItems(courses: readonly StudentCourse[]): ContinueItem[] {
  return courses.flatMap((loaded) => {
    const next = nextLecture(loaded);
    if (!next) return [];
    const { lecture, isNext } = next;
    return [
      {
        courseId: loaded.course.courseId,
        courseTitle: loaded.course.title,
        lectureId: lecture.lectureId,
        lectureTitle: lecture.title,
        positionSeconds: Math.min(positionOf(loaded, lecture.lectureId), lecture.durationSeconds),
        durationSeconds: lecture.durationSeconds,
        isNext,
        lastWatchedAt: loaded.lastWatchedAt,
      },
    ];
  });
}
