import type { StreakReached } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import { makeStamp, type Stamp } from "../../domain/stamp.ts";
import { isSameStreak, noStreak, type Streak } from "../../domain/streak.ts";
import type { Erasure, Student, StudentStore } from "../../ports/student-store.ts";
import type { MongoConnection } from "./connection.ts";
import { allAtOnce, type StreakEntry } from "./documents.ts";
import { isDuplicateKey, settleRace } from "./failures.ts";

/** Students as documents; a newcomer has none. Erasures have their own collection, so that they outlive the student. */
export class MongoStudentStore implements StudentStore {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  read(userId: UserId): Promise<Student> {
    return this.#connection.answer(async ({ users }) => {
      const user = await users.findOne({ _id: userId });
      const { currentStreak, longestStreak, lastActiveDate, timeZone, milestones, outbox } = user ?? {};
      return {
        streak: { current: currentStreak ?? 0, longest: longestStreak ?? 0, lastDay: lastActiveDate ?? null },
        timeZone: timeZone ?? null,
        milestones: new Map(Object.entries(milestones ?? {}).map(([days, first]) => [Number(days), first])),
        outbox: (outbox ?? []).map((entry) => ({ ...entry, userId, occurredAt: entry.occurredAt.getTime() })),
      };
    });
  }

  setTimeZone(userId: UserId, timeZone: string): Promise<void> {
    return this.#connection.answer(async ({ users }) => {
      await settleRace(() => users.updateOne({ _id: userId }, { $set: { timeZone } }, { upsert: true }));
    });
  }

  replaceStreak(userId: UserId, before: Streak, after: Streak, reached: readonly StreakReached[]): Promise<boolean> {
    const filter = {
      _id: userId,
      currentStreak: orMissing(before.current),
      longestStreak: orMissing(before.longest),
      // Null matches a field that is missing, too.
      lastActiveDate: before.lastDay,
    };
    const milestones = Object.fromEntries(reached.map(({ days, firstDay }) => [`milestones.${days}`, firstDay]));
    const streak = { currentStreak: after.current, longestStreak: after.longest, lastActiveDate: after.lastDay };
    const update = {
      $set: { ...streak, ...milestones },
      ...(reached.length > 0 && { $push: { outbox: { $each: reached.map(toEntry) } } }),
    };
    return this.#connection.answer(async ({ users }) => {
      try {
        const result = await users.updateOne(filter, update, { upsert: isSameStreak(before, noStreak) });
        return result.matchedCount + result.upsertedCount === 1;
      } catch (error) {
        // The student is there, and their streak is another one by now.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }

  settle(userId: UserId, eventId: string): Promise<void> {
    return this.#connection.answer(async ({ users }) => {
      await users.updateOne({ _id: userId }, { $pull: { outbox: { id: eventId } } });
    });
  }

  unsettled(before: number, limit: number): Promise<UserId[]> {
    return this.#connection.answer(async ({ users }) => {
      const waiting = users.find(
        { "outbox.occurredAt": { $lt: new Date(before) } },
        { projection: { _id: 1 }, sort: { "outbox.occurredAt": 1 }, limit, ...allAtOnce },
      );
      return (await waiting.toArray()).map(({ _id }) => _id);
    });
  }

  list(after: UserId | null, limit: number): Promise<UserId[]> {
    return this.#connection.answer(async ({ users }) => {
      const filter = after === null ? {} : { _id: { $gt: after } };
      const found = users.find(filter, { projection: { _id: 1 }, sort: { _id: 1 }, limit, ...allAtOnce });
      return (await found.toArray()).map(({ _id }) => _id);
    });
  }

  count(): Promise<number> {
    return this.#connection.answer(({ users }) => users.estimatedDocumentCount());
  }

  /** Whoever dies in between has not promised anything yet. */
  erase({ userId, upTo }: Erasure): Promise<void> {
    return this.#connection.answer(async ({ users, erasures }) => {
      await users.deleteOne({ _id: userId });
      await settleRace(() => erasures.updateOne({ _id: userId }, { $max: { upTo } }, { upsert: true }));
    });
  }

  erasedUpTo(userId: UserId): Promise<Stamp | null> {
    return this.#connection.answer(async ({ erasures }) => (await erasures.findOne({ _id: userId }))?.upTo ?? null);
  }

  eraseRevived(userId: UserId): Promise<void> {
    const withoutStreak = { _id: userId, lastActiveDate: null };
    return this.#connection.answer(async ({ users }) => {
      await users.updateOne(withoutStreak, { $unset: { milestones: "", outbox: "" } });
      await users.deleteOne({ ...withoutStreak, timeZone: { $exists: false } });
    });
  }

  erasuresBefore(instant: number, limit: number): Promise<Erasure[]> {
    return this.#connection.answer(async ({ erasures }) => {
      // MongoDB would take a limit of 0 for none.
      if (limit === 0) return [];
      const old = erasures.find({ upTo: { $lt: makeStamp(instant) } }, { sort: { upTo: 1 }, limit, ...allAtOnce });
      return (await old.toArray()).map(({ _id, upTo }) => ({ userId: _id, upTo }));
    });
  }

  /** A later erasure of the same student has a later stamp, and work of its own. */
  forgetErasure({ userId, upTo }: Erasure): Promise<void> {
    return this.#connection.answer(async ({ erasures }) => {
      await erasures.deleteOne({ _id: userId, upTo: { $lte: upTo } });
    });
  }
}

function toEntry({ userId: _userId, occurredAt, ...facts }: StreakReached): StreakEntry {
  return { ...facts, occurredAt: new Date(occurredAt) };
}

/** A newcomer's numbers are 0 without being stored. */
function orMissing(count: number): number | { $in: (number | null)[] } {
  return count === 0 ? { $in: [0, null] } : count;
}
