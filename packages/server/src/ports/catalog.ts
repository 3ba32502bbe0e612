import type { Course, LectureDetails } from "../domain/course.ts";
import type { CourseId, LectureId } from "../domain/ids.ts";

export type CourseContent = Pick<Course, "courseId" | "title" | "lectures">;

/**
 * The courses, in the store. Every change is atomic, raises the version and keeps `totalLectures` right in the same
 * update. Every method rejects with the code `store_unavailable` when its outcome is unknown or nothing was done.
 */
export interface Catalog {
  read(courseId: CourseId): Promise<Course | null>;

  /** The same title again changes nothing. */
  putTitle(courseId: CourseId, title: string): Promise<"created" | "updated">;

  /** Makes the course exactly this, new or not. */
  replace(course: CourseContent): Promise<"created" | "updated">;

  addLecture(
    courseId: CourseId,
    lectureId: LectureId,
    lecture: LectureDetails,
  ): Promise<"added" | "taken" | "full" | "unknown_course">;

  /** The changed lecture, or null when there is none. */
  changeLecture(
    courseId: CourseId,
    lectureId: LectureId,
    change: Partial<LectureDetails>,
  ): Promise<LectureDetails | null>;

  /** False when there was none. */
  removeLecture(courseId: CourseId, lectureId: LectureId): Promise<boolean>;
}

/** The version that is cached; null when none is; `changing` while a change is announced: read the catalog instead. */
export type CachedVersion = number | "changing" | null;

/**
 * What processes share of the catalog, so that reading a course costs no database. May forget anything at any time, but
 * never shows a version older than one it has shown.
 */
export interface CatalogCache {
  /** Asks for many versions at once: one answer for each, in order, and each fails by itself. */
  versions(courseIds: readonly CourseId[]): Promise<CachedVersion>[];

  read(courseId: CourseId): Promise<Course | null>;

  /**
   * Reads the course from the catalog by `load`, and caches it unless a newer version is cached or a change may have been
   * made since the load began - however long it took. Rejects only if the load does.
   */
  fill(courseId: CourseId, load: () => Promise<Course | null>): Promise<Course | null>;

  /** Says that the course is about to change: until the change is published, nobody trusts the cache. */
  announceChange(courseId: CourseId): Promise<void>;

  /** Says that the course has changed into this one. */
  publishChange(course: Course): Promise<void>;
}
