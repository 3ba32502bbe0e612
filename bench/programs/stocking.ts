import { randomUUID } from "node:crypto";
import type { Db } from "mongodb";
import type { CourseId, LectureId, UserId } from "../../packages/server/src/domain/ids.ts";
import { makeStamp } from "../../packages/server/src/domain/stamp.ts";
import type { PositionSave } from "../../packages/server/src/ports/position-buffer.ts";
import { courseDocument, type StoredCourse } from "../../packages/server/test/production/large-school.ts";
import { RedisFixture } from "../../packages/server/test/support/redis-fixture.ts";
import type { Production } from "../../packages/server/test/support/production.ts";

const batchSize = 1_000;
const anHourAgo = makeStamp(Date.now() - 3_600_000);

/** Saves one position for each of so many students that nobody else knows, as fast as Redis takes them. */
export async function fillBuffer(
  stores: Production,
  keys: number,
  { flushIntervalMs, show }: { flushIntervalMs?: number; show: (progress: string) => void },
): Promise<void> {
  await using redis = await RedisFixture.connect(
    stores.redis,
    flushIntervalMs === undefined ? {} : { flushIntervalMs },
  );
  for (let done = 0; done < keys; done += batchSize) {
    const saves = Array.from({ length: Math.min(batchSize, keys - done) }, (_, index) => someSave(done + index));
    // A loaded machine may take more than a save is given.
    while ((await redis.buffer.save(saves).catch(() => null)) === null);
    if (done % 50_000 === 0) show(`filling the buffer: ${done} of ${keys} keys`);
  }
}

function someSave(index: number): PositionSave {
  const key = { userId: randomUUID() as UserId, courseId: `course-${index % 20}` as CourseId };
  return { key, lectureId: `l-${index % 50}` as LectureId, seconds: 1234.567 };
}

/** What a student has stored: courses of so many lectures, all of them watched. */
export interface Shelf {
  readonly userId: string;
  readonly courses: number;
  readonly lectures: number;
}

/** Stores students and their courses as if they had been there for a long time. */
export async function stock(database: Db, shelves: readonly Shelf[]): Promise<void> {
  const places = shelves.flatMap(({ userId, courses, lectures }) =>
    Array.from({ length: courses }, (_, index) => ({ userId, courseId: shelfCourse(userId, index), lectures })),
  );
  await database.collection<StoredCourse>("courses").insertMany(places.map(courseDocument));
  await database.collection("progress").insertMany(places.map(progressDocument));
}

export function shelfCourse(userId: string, index: number): string {
  return `${userId}-${index}`;
}

function progressDocument({ userId, courseId, lectures }: { userId: string; courseId: string; lectures: number }) {
  const ids = Array.from({ length: lectures }, (_, index) => `l-${index}`);
  const watchTimes = Object.fromEntries(ids.map((id) => [id, { stamp: anHourAgo, seconds: 600.5 }]));
  return { userId, courseId, rev: 0, watchTimes, lastWatchedLecture: { stamp: anHourAgo, lectureId: "l-0" } };
}
