import { type Course, type LectureDetails, maxLectures } from "../../domain/course.ts";
import type { CourseId, LectureId } from "../../domain/ids.ts";
import type { Catalog, CatalogCache, CourseContent } from "../../ports/catalog.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

interface CourseRow {
  readonly title: string;
  readonly version: number;
  readonly total: number;
}

interface LectureRow extends LectureDetails {
  readonly lectureId: LectureId;
}

/** How a course is read, for the catalog and for its cache. */
class CourseRows {
  readonly course: Statement<CourseRow>;
  readonly lectures: Statement<LectureRow>;
  readonly lecture: Statement<LectureRow>;

  constructor(database: EmbeddedDatabase) {
    const lecture = `
      SELECT lecture_id AS lectureId, title, duration_seconds AS durationSeconds, place AS "order" FROM lectures`;
    this.course = database.prepare("SELECT title, version, total_lectures AS total FROM courses WHERE course_id = ?");
    this.lectures = database.prepare(`${lecture} WHERE course_id = ?`);
    this.lecture = database.prepare(`${lecture} WHERE course_id = ? AND lecture_id = ?`);
  }

  read(courseId: CourseId): Course | null {
    const row = this.course.get(courseId);
    if (row === undefined) return null;
    const lectures = this.lectures.all(courseId).map((lecture) => [lecture.lectureId, detailsOf(lecture)] as const);
    return { courseId, title: row.title, version: row.version, lectures: new Map(lectures) };
  }
}

/** The catalog in two tables; the course's row is changed with its lectures, in the same transaction. */
export class EmbeddedCatalog implements Catalog {
  readonly #database: EmbeddedDatabase;
  readonly #rows: CourseRows;
  readonly #put: Statement;
  readonly #change: Statement;
  readonly #putLecture: Statement;
  readonly #removeLecture: Statement;
  readonly #removeLectures: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#rows = new CourseRows(database);
    this.#put = database.prepare(`
      INSERT INTO courses (course_id, title, version, total_lectures) VALUES (?1, ?2, 1, ?3)
      ON CONFLICT DO UPDATE SET title = excluded.title, version = version + 1, total_lectures = excluded.total_lectures`);
    this.#change = database.prepare(`
      UPDATE courses SET version = version + 1, total_lectures = total_lectures + ?2 WHERE course_id = ?1`);
    this.#putLecture = database.prepare(`
      INSERT INTO lectures (course_id, lecture_id, title, duration_seconds, place) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT DO UPDATE SET
        title = excluded.title, duration_seconds = excluded.duration_seconds, place = excluded.place`);
    this.#removeLecture = database.prepare("DELETE FROM lectures WHERE course_id = ? AND lecture_id = ?");
    this.#removeLectures = database.prepare("DELETE FROM lectures WHERE course_id = ?");
  }

  read(courseId: CourseId): Promise<Course | null> {
    return this.#database.read("store_unavailable", () => this.#rows.read(courseId));
  }

  putTitle(courseId: CourseId, title: string): Promise<"created" | "updated"> {
    return this.#write(() => {
      const before = this.#rows.course.get(courseId);
      if (before?.title !== title) this.#put.run(courseId, title, before?.total ?? 0);
      return before === undefined ? "created" : "updated";
    });
  }

  replace({ courseId, title, lectures }: CourseContent): Promise<"created" | "updated"> {
    return this.#write(() => {
      const before = this.#rows.course.get(courseId);
      this.#put.run(courseId, title, lectures.size);
      this.#removeLectures.run(courseId);
      for (const [lectureId, lecture] of lectures) this.#store(courseId, lectureId, lecture);
      return before === undefined ? "created" : "updated";
    });
  }

  addLecture(
    courseId: CourseId,
    lectureId: LectureId,
    lecture: LectureDetails,
  ): Promise<"added" | "taken" | "full" | "unknown_course"> {
    return this.#write(() => {
      const course = this.#rows.course.get(courseId);
      if (course === undefined) return "unknown_course";
      if (this.#rows.lecture.get(courseId, lectureId) !== undefined) return "taken";
      if (course.total >= maxLectures) return "full";
      this.#store(courseId, lectureId, lecture);
      this.#change.run(courseId, 1);
      return "added";
    });
  }

  changeLecture(
    courseId: CourseId,
    lectureId: LectureId,
    change: Partial<LectureDetails>,
  ): Promise<LectureDetails | null> {
    return this.#write(() => {
      const before = this.#rows.lecture.get(courseId, lectureId);
      if (before === undefined) return null;
      const after = { ...detailsOf(before), ...change };
      this.#store(courseId, lectureId, after);
      this.#change.run(courseId, 0);
      return after;
    });
  }

  removeLecture(courseId: CourseId, lectureId: LectureId): Promise<boolean> {
    return this.#write(() => {
      const isRemoved = this.#removeLecture.run(courseId, lectureId).changes !== 0;
      if (isRemoved) this.#change.run(courseId, -1);
      return isRemoved;
    });
  }

  #store(courseId: CourseId, lectureId: LectureId, { title, durationSeconds, order }: LectureDetails): void {
    this.#putLecture.run(courseId, lectureId, title, durationSeconds, order);
  }

  #write<Result>(work: () => Result): Promise<Result> {
    return this.#database.write("store_unavailable", work);
  }
}

/** One process and one file have nothing to share: the catalog's own tables are the cache, so it is never stale. */
export class EmbeddedCatalogCache implements CatalogCache {
  readonly #database: EmbeddedDatabase;
  readonly #rows: CourseRows;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#rows = new CourseRows(database);
  }

  versions(courseIds: readonly CourseId[]): Promise<number | null>[] {
    return courseIds.map((courseId) =>
      this.#database.read("store_unavailable", () => this.#rows.course.get(courseId)?.version ?? null),
    );
  }

  read(courseId: CourseId): Promise<Course | null> {
    return this.#database.read("store_unavailable", () => this.#rows.read(courseId));
  }

  fill(_: CourseId, load: () => Promise<Course | null>): Promise<Course | null> {
    return load();
  }

  async announceChange(): Promise<void> {}

  async publishChange(): Promise<void> {}
}

function detailsOf({ title, durationSeconds, order }: LectureRow): LectureDetails {
  return { title, durationSeconds, order };
}
