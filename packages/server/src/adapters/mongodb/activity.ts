import type { Day } from "../../domain/activity-day.ts";
import type { Moment } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ActivityDay, ActivityStore, CountedCompletion, StreakCounts } from "../../ports/activity-store.ts";
import type { MongoConnection } from "./connection.ts";
import { allAtOnce, upTo } from "./documents.ts";
import { isDuplicateKey, settleRace } from "./failures.ts";

/** A day is one document, and knows by its sources which completions it has counted. */
export class MongoActivityStore implements ActivityStore {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  addCompletion({ userId, courseId, lectureId, day: date, occurredAt }: CountedCompletion): Promise<void> {
    const source = `${courseId}/${lectureId}`;
    const filter = { userId, date, sources: { $ne: source } };
    const told = { $max: { changedAt: new Date(occurredAt) } };
    const count = { $inc: { count: 1 }, $push: { sources: source }, ...told };
    return this.#connection.answer(async ({ activities }) => {
      try {
        await activities.updateOne(filter, count, { upsert: true });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        // The day is there: with this source, then nothing matches, or without it, because it has just been made.
        const { matchedCount } = await activities.updateOne(filter, count);
        if (matchedCount === 0) await activities.updateOne({ userId, date }, told);
      }
    });
  }

  mark(userId: UserId, { day: date, occurredAt }: Pick<Moment, "day" | "occurredAt">): Promise<void> {
    return this.#connection.answer(async ({ activities }) => {
      const mark = { $inc: { count: 1 }, $max: { changedAt: new Date(occurredAt) }, $setOnInsert: { sources: [] } };
      await settleRace(() => activities.updateOne({ userId, date }, mark, { upsert: true }));
    });
  }

  between(userId: UserId, first: Day, last: Day): Promise<ActivityDay[]> {
    return this.#connection.answer(async ({ activities }) => {
      const found = activities.find(
        { userId, date: { $gte: first, $lte: last } },
        { projection: { _id: 0, date: 1, count: 1 }, sort: { date: 1 }, ...allAtOnce },
      );
      return (await found.toArray()).map(({ date, count }) => ({ day: date, count }));
    });
  }

  daysThatCount(userId: UserId, counts: StreakCounts): Promise<Day[]> {
    const filter = counts === "completion" ? { userId, "sources.0": { $exists: true } } : { userId };
    return this.#connection.answer(async ({ activities }) => {
      const found = activities.find(filter, { projection: { _id: 0, date: 1 }, ...allAtOnce });
      return (await found.toArray()).map(({ date }) => date);
    });
  }

  readAll(userId: UserId): Promise<(ActivityDay & { completions: string[] })[]> {
    return this.#connection.answer(async ({ activities }) => {
      const found = activities.find({ userId }, { sort: { date: 1 }, ...allAtOnce });
      return (await found.toArray()).map(({ date, count, sources }) => ({ day: date, count, completions: sources }));
    });
  }

  erase(userId: UserId, until: number = Infinity): Promise<void> {
    const erased = { userId, changedAt: upTo(until) };
    return this.#connection.answer(async ({ activities }) => void (await activities.deleteMany(erased)));
  }
}
