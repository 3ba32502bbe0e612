import { type Course, type LectureDetails, maxLectures, nextOrder } from "../domain/course.ts";
import { ProgressError } from "../domain/errors.ts";
import type { CourseId, LectureId } from "../domain/ids.ts";
import type { Catalog, CatalogCache } from "../ports/catalog.ts";
import type { CourseReader } from "./course-reader.ts";
import { existingCourse, existingLecture, unknownCourse, unknownLecture } from "./existing.ts";

/** A lecture as an instructor describes it: without an id it gets one, without an order it comes last. */
export interface LectureDraft {
  readonly lectureId?: LectureId;
  readonly title: string;
  readonly durationSeconds: number;
  readonly order?: number;
}

export interface CourseDraft {
  readonly courseId: CourseId;
  readonly title: string;
  readonly lectures: readonly LectureDraft[];
}

interface CourseEditorDeps {
  catalog: Catalog;
  cache: CatalogCache;
  courses: CourseReader;
  newId: () => string;
}

/**
 * Changes courses so that every process sees the change at once: the change is announced, made, and published. A process
 * that dies in between leaves an announcement that expires, never a stale course.
 */
export class CourseEditor {
  readonly #deps: CourseEditorDeps;

  constructor(deps: CourseEditorDeps) {
    this.#deps = deps;
  }

  async put(courseId: CourseId, title: string): Promise<{ status: "created" | "updated"; course: Course }> {
    const { result, course } = await this.#change(courseId, (catalog) => catalog.putTitle(courseId, title));
    return { status: result, course };
  }

  /** @throws ProgressError `unknown_course`, `lecture_exists`, `too_many_lectures` */
  async addLecture(courseId: CourseId, draft: LectureDraft): Promise<LectureDetails & { lectureId: LectureId }> {
    const course = existingCourse(await this.#deps.catalog.read(courseId), courseId);
    const lectureId = draft.lectureId ?? this.#newLectureId();
    const lecture = details(draft, nextOrder(course));
    const { result } = await this.#change(courseId, (catalog) => catalog.addLecture(courseId, lectureId, lecture));
    switch (result) {
      case "added":
        return { lectureId, ...lecture };
      case "taken":
        throw lectureExists(lectureId);
      case "full":
        throw tooManyLectures();
      case "unknown_course":
        throw unknownCourse(courseId);
    }
  }

  /** @throws ProgressError `unknown_course`, `unknown_lecture` */
  async changeLecture(
    courseId: CourseId,
    lectureId: LectureId,
    change: Partial<LectureDetails>,
  ): Promise<LectureDetails & { lectureId: LectureId }> {
    await this.#checkExists(courseId, lectureId);
    const { result } = await this.#change(courseId, (catalog) => catalog.changeLecture(courseId, lectureId, change));
    if (result === null) throw unknownLecture(courseId, lectureId);
    return { lectureId, ...result };
  }

  /** @throws ProgressError `unknown_course`, `unknown_lecture` */
  async removeLecture(courseId: CourseId, lectureId: LectureId): Promise<void> {
    await this.#checkExists(courseId, lectureId);
    const { result } = await this.#change(courseId, (catalog) => catalog.removeLecture(courseId, lectureId));
    if (!result) throw unknownLecture(courseId, lectureId);
  }

  /**
   * Makes the course exactly this, new or not.
   * @throws ProgressError `lecture_exists` when an id is there twice, `too_many_lectures`
   */
  async replace(draft: CourseDraft): Promise<"created" | "updated"> {
    if (draft.lectures.length > maxLectures) throw tooManyLectures();
    const lectures = new Map<LectureId, LectureDetails>();
    draft.lectures.forEach((lecture, index) => {
      const lectureId = lecture.lectureId ?? this.#newLectureId();
      if (lectures.has(lectureId)) throw lectureExists(lectureId);
      lectures.set(lectureId, details(lecture, index));
    });
    const { courseId, title } = draft;
    const { result } = await this.#change(courseId, (catalog) => catalog.replace({ courseId, title, lectures }));
    return result;
  }

  async #change<T>(courseId: CourseId, make: (catalog: Catalog) => Promise<T>): Promise<{ result: T; course: Course }> {
    const { catalog, cache, courses } = this.#deps;
    await cache.announceChange(courseId);
    try {
      const result = await make(catalog);
      const course = existingCourse(await catalog.read(courseId), courseId);
      courses.changed(course);
      // Unpublished, the announcement expires and readers ask the catalog: slower, and still right.
      await cache.publishChange(course).catch(() => undefined);
      return { result, course };
    } catch (error) {
      // The store may make the change a little later: whoever reads before that must not cache the course.
      await cache.announceChange(courseId).catch(() => undefined);
      throw error;
    }
  }

  async #checkExists(courseId: CourseId, lectureId: LectureId): Promise<void> {
    existingLecture(existingCourse(await this.#deps.catalog.read(courseId), courseId), lectureId);
  }

  #newLectureId(): LectureId {
    return this.#deps.newId() as LectureId;
  }
}

function details({ title, durationSeconds, order }: LectureDraft, orderByDefault: number): LectureDetails {
  return { title, durationSeconds, order: order ?? orderByDefault };
}

function lectureExists(lectureId: LectureId): ProgressError {
  return new ProgressError(
    "lecture_exists",
    `The lecture id "${lectureId}" is taken in this course: choose another, or change that lecture.`,
  );
}

function tooManyLectures(): ProgressError {
  return new ProgressError(
    "too_many_lectures",
    `A course holds at most ${maxLectures} lectures: split it into several courses.`,
  );
}
