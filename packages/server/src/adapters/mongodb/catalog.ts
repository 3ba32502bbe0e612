import type { UpdateFilter } from "mongodb";
import { type Course, type LectureDetails, maxLectures } from "../../domain/course.ts";
import { ProgressError } from "../../domain/errors.ts";
import type { CourseId, LectureId } from "../../domain/ids.ts";
import type { Catalog, CourseContent } from "../../ports/catalog.ts";
import type { MongoConnection } from "./connection.ts";
import { type Collections, type CourseDocument, toMap, toStoredId } from "./documents.ts";
import { isDuplicateKey, isTooLarge, settleRace } from "./failures.ts";

type Courses = Collections["courses"];
type AddOutcome = Awaited<ReturnType<Catalog["addLecture"]>>;

/** A course is one document; each change raises its version and keeps its total in the same update. */
export class MongoCatalog implements Catalog {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  read(courseId: CourseId): Promise<Course | null> {
    return this.#answer(async (courses) => {
      const document = await courses.findOne({ _id: toStoredId(courseId) });
      return document && toCourse(courseId, document);
    });
  }

  putTitle(courseId: CourseId, title: string): Promise<"created" | "updated"> {
    const filter = { _id: toStoredId(courseId), title: { $ne: title } };
    const change: UpdateFilter<CourseDocument> = { $set: { title }, $inc: { version: 1 } };
    return this.#answer(async (courses) => {
      try {
        const empty = { $setOnInsert: { totalLectures: 0, lectures: {} } };
        const { upsertedCount } = await courses.updateOne(filter, { ...change, ...empty }, { upsert: true });
        return upsertedCount === 1 ? "created" : "updated";
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      // The course is there, with this title or, if it has just been made, with another one.
      await courses.updateOne(filter, change);
      return "updated";
    });
  }

  replace({ courseId, title, lectures }: CourseContent): Promise<"created" | "updated"> {
    const stored = [...lectures].map(([lectureId, lecture]) => [lectureId, toFields(lecture)] as const);
    const content = { title, totalLectures: lectures.size, lectures: Object.fromEntries(stored) };
    return this.#answer(async (courses) => {
      const { upsertedCount } = await settleRace(() =>
        courses.updateOne({ _id: toStoredId(courseId) }, { $set: content, $inc: { version: 1 } }, { upsert: true }),
      );
      return upsertedCount === 1 ? "created" : "updated";
    });
  }

  addLecture(courseId: CourseId, lectureId: LectureId, lecture: LectureDetails): Promise<AddOutcome> {
    const field = `lectures.${lectureId}`;
    const hasRoom = { _id: toStoredId(courseId), [field]: { $exists: false }, totalLectures: { $lt: maxLectures } };
    return this.#answer(async (courses) => {
      const { matchedCount } = await courses.updateOne(hasRoom, {
        $set: { [field]: toFields(lecture) },
        $inc: { totalLectures: 1, version: 1 },
      });
      return matchedCount === 1 ? "added" : whyNotAdded(courses, courseId, lectureId);
    });
  }

  changeLecture(
    courseId: CourseId,
    lectureId: LectureId,
    change: Partial<LectureDetails>,
  ): Promise<LectureDetails | null> {
    const field = `lectures.${lectureId}`;
    const changed = Object.entries(change).map(([name, value]) => [`${field}.${name}`, value] as const);
    const update: UpdateFilter<CourseDocument> = { $inc: { version: 1 } };
    if (changed.length > 0) update.$set = Object.fromEntries(changed);
    return this.#answer(async (courses) => {
      const after = await courses.findOneAndUpdate({ _id: toStoredId(courseId), [field]: { $exists: true } }, update, {
        projection: { [field]: 1 },
        returnDocument: "after",
      });
      return after && (toLectures(after).get(lectureId) ?? null);
    });
  }

  removeLecture(courseId: CourseId, lectureId: LectureId): Promise<boolean> {
    const field = `lectures.${lectureId}`;
    return this.#answer(async (courses) => {
      const { matchedCount } = await courses.updateOne(
        { _id: toStoredId(courseId), [field]: { $exists: true } },
        { $unset: { [field]: "" }, $inc: { totalLectures: -1, version: 1 } },
      );
      return matchedCount === 1;
    });
  }

  #answer<T>(work: (courses: Courses) => Promise<T>): Promise<T> {
    return this.#connection.answer(async ({ courses }) => {
      try {
        return await work(courses);
      } catch (error) {
        throw isTooLarge(error) ? courseTooLarge(error) : error;
      }
    });
  }
}

/** Only a full course is still refused when the lecture has been removed since. */
async function whyNotAdded(courses: Courses, courseId: CourseId, lectureId: LectureId): Promise<AddOutcome> {
  const projection = { totalLectures: 1, [`lectures.${lectureId}`]: 1 };
  const course = await courses.findOne({ _id: toStoredId(courseId) }, { projection });
  if (course === null) return "unknown_course";
  return course.totalLectures >= maxLectures && !toLectures(course).has(lectureId) ? "full" : "taken";
}

function toCourse(courseId: CourseId, document: CourseDocument): Course {
  return { courseId, title: document.title, version: document.version, lectures: toLectures(document) };
}

function toLectures({ lectures }: Pick<CourseDocument, "lectures">): Map<LectureId, LectureDetails> {
  return toMap<LectureId, LectureDetails, LectureDetails>(lectures, toFields);
}

function toFields({ title, durationSeconds, order }: LectureDetails): LectureDetails {
  return { title, durationSeconds, order };
}

function courseTooLarge(cause: unknown): ProgressError {
  return new ProgressError("course_too_large", "The course would take more than 16 MiB: shorten titles, or split it.", {
    cause,
  });
}
