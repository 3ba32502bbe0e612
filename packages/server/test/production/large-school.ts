import type { Db } from "mongodb";

/** A student with one course of ten lectures, half of them completed. */
export const oneCourse = "student-with-one";
/** A student with 1,000 courses of two lectures, one of each completed, and one course of 10,000, a hundred completed. */
export const manyCourses = "student-with-many";

const someDate = new Date(Date.UTC(2026, 0, 15));

interface Place {
  readonly userId: string;
  readonly courseId: string;
  readonly lectures: number;
  readonly completed: number;
}

/** Stores students and courses of very different size, as if they had been there for a long time. */
export async function stockSchool(database: Db): Promise<void> {
  const small = Array.from({ length: 1_000 }, (_, index) => `small-${index}`);
  const places: Place[] = [
    { userId: oneCourse, courseId: "ten", lectures: 10, completed: 5 },
    { userId: manyCourses, courseId: "huge", lectures: 10_000, completed: 100 },
    ...small.map((courseId) => ({ userId: manyCourses, courseId, lectures: 2, completed: 1 })),
  ];
  await database.collection<StoredCourse>("courses").insertMany(places.map(courseDocument));
  await database.collection("progress").insertMany(places.map(progressDocument));
}

export interface StoredCourse {
  readonly _id: string;
  readonly title: string;
  readonly totalLectures: number;
  readonly version: number;
  readonly lectures: object;
}

/** A course with lectures `l-0`, `l-1`, ... of an hour. */
export function courseDocument({ courseId, lectures }: Pick<Place, "courseId" | "lectures">): StoredCourse {
  const details = ids(lectures).map((id, order) => [id, { title: id, durationSeconds: 3_600, order }]);
  return {
    _id: courseId,
    title: courseId,
    totalLectures: lectures,
    version: 1,
    lectures: Object.fromEntries(details),
  };
}

function progressDocument({ userId, courseId, completed }: Place) {
  const done = ids(completed);
  return {
    userId,
    courseId,
    rev: completed,
    completedLectures: done,
    completedAt: Object.fromEntries(done.map((id) => [id, someDate])),
    completedCount: completed,
    completions: Object.fromEntries(done.map((id) => [id, 1])),
  };
}

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `l-${index}`);
}
