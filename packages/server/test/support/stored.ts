import type { Redis } from "ioredis";
import type { Db, Document } from "mongodb";
import type { ProgressDocument } from "../../src/adapters/mongodb/documents.ts";
import { keyOfMember } from "../../src/adapters/redis/keys.ts";
import { type FoundCompletions, placeOf, type Positions } from "./history-check.ts";

/**
 * What the buffer holds: positions alone, of these servers together.
 * @throws whatever a server answers instead of a key's content: to take it for nothing would be to call it lost
 */
export async function bufferedPositions(masters: readonly Redis[]): Promise<Positions> {
  const found = new Map<string, { stamp: string; seconds: number }>();
  // A slot that moves from a server not yet asked to one already asked is found there the second time.
  for (const master of masters.length > 1 ? [...masters, ...masters] : masters) {
    const names = await master.keys("progress:*");
    const hashes = await master.pipeline(names.map((name) => ["hgetall", name])).exec();
    for (const [index, [failure, hash]] of (hashes ?? []).entries()) {
      // Such a key holds no position: a test has put it in the way.
      if (failure?.message.startsWith("WRONGTYPE")) continue;
      if (failure !== null) throw failure;
      const { userId, courseId } = keyOfMember((names[index] ?? "").replace(/^progress:\{\d+\}:/, ""));
      for (const [field, value] of Object.entries(hash as Record<string, string>)) {
        if (/^:[^:]/.test(field)) continue;
        const [stamp = "", seconds] = value.split("|");
        const place = placeOf({ userId, courseId, lectureId: field.replace(/^::/, "") });
        // What is flushed and what is not are fields of their own.
        if (stamp > (found.get(place)?.stamp ?? "")) found.set(place, { stamp, seconds: Number(seconds) });
      }
    }
  }
  return found;
}

/** What the store holds. */
export async function storedPositions(database: Db): Promise<Positions> {
  const found = new Map<string, { stamp: string; seconds: number }>();
  for (const { userId, courseId, watchTimes } of await all<ProgressDocument>(database, "progress")) {
    for (const [lectureId, position] of Object.entries(watchTimes ?? {})) {
      const { stamp, seconds } = position;
      found.set(placeOf({ userId, courseId: String(courseId), lectureId }), { stamp, seconds });
    }
  }
  return found;
}

/** What follows from completions, by student. */
export async function storedCompletions(database: Db): Promise<Map<string, FoundCompletions>> {
  const progress = await all<ProgressDocument>(database, "progress");
  const [days = [], users = [], events = []] = await Promise.all(
    ["activities", "users", "events"].map((name) => all(database, name)),
  );
  const completed = progress.filter(({ completedAt }) => completedAt !== undefined);
  const students = new Set([...completed, ...days, ...events].map(({ userId }) => String(userId)));
  const own = <Item extends Document>(items: readonly Item[], userId: string): Item[] =>
    items.filter((item) => item["userId"] === userId);
  return new Map(
    Array.from(students, (userId) => {
      const user = users.find(({ _id }) => String(_id) === userId);
      return [
        userId,
        {
          courses: own(completed, userId).map(courseOf),
          days: own(days, userId).map(({ date, count, sources }) => ({ date, count, sources })),
          streak: {
            current: user?.["currentStreak"] ?? 0,
            longest: user?.["longestStreak"] ?? 0,
            lastDay: user?.["lastActiveDate"] ?? null,
          },
          events: own(events, userId).map(({ _id }) => String(_id)),
        },
      ];
    }),
  );
}

function courseOf(document: ProgressDocument): FoundCompletions["courses"][number] {
  const {
    courseId,
    completedLectures = [],
    completedAt,
    completedCount = 0,
    completions,
    courseCompletedAt,
  } = document;
  return {
    courseId: String(courseId),
    completedLectures: completedLectures.map(String),
    completedAt: Object.keys(completedAt ?? {}),
    completedCount,
    times: Object.values(completions ?? {}),
    isCompleted: courseCompletedAt !== undefined,
    outbox: document.outbox?.length ?? 0,
  };
}

function all<Shape extends Document = Document>(database: Db, collection: string): Promise<Shape[]> {
  return database.collection(collection).find<Shape>({}).toArray();
}
