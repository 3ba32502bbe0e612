import type { Day } from "../../domain/activity-day.ts";
import type { StreakReached } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import { makeStamp, type Stamp } from "../../domain/stamp.ts";
import { isSameStreak, noStreak, type Streak } from "../../domain/streak.ts";
import type { Erasure, Student, StudentStore } from "../../ports/student-store.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

interface StudentRow {
  readonly current: number;
  readonly longest: number;
  readonly lastDay: Day | null;
  readonly timeZone: string | null;
}

/** Students as rows; a newcomer has none. Erasures have their own table, so that they outlive the student's row. */
export class EmbeddedStudentStore implements StudentStore {
  readonly #database: EmbeddedDatabase;
  readonly #read: Statement<StudentRow>;
  readonly #putTimeZone: Statement;
  readonly #putStreak: Statement;
  readonly #milestones: Statement<{ days: number; firstDay: Day }>;
  readonly #putMilestone: Statement;
  readonly #outbox: Statement<{ event: string }>;
  readonly #push: Statement;
  readonly #settle: Statement;
  readonly #unsettled: Statement<{ userId: UserId }>;
  readonly #list: Statement<{ userId: UserId }>;
  readonly #count: Statement<{ students: number }>;
  readonly #erase: Statement;
  readonly #putErasure: Statement;
  readonly #erasure: Statement<Erasure>;
  readonly #erasures: Statement<Erasure>;
  readonly #eraseRevived: readonly Statement[];
  readonly #forgetErasure: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#read = database.prepare(`
      SELECT current_streak AS current, longest_streak AS longest, last_active_day AS lastDay, time_zone AS timeZone
      FROM users WHERE user_id = ?`);
    this.#putTimeZone = database.prepare(`
      INSERT INTO users (user_id, time_zone) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET time_zone = excluded.time_zone`);
    this.#putStreak = database.prepare(`
      INSERT INTO users (user_id, current_streak, longest_streak, last_active_day) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        current_streak = excluded.current_streak,
        longest_streak = excluded.longest_streak,
        last_active_day = excluded.last_active_day`);
    this.#milestones = database.prepare(`
      SELECT days, first_day AS firstDay FROM streak_milestones WHERE user_id = ?`);
    this.#putMilestone = database.prepare(`
      INSERT INTO streak_milestones (user_id, days, first_day) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET first_day = excluded.first_day`);
    this.#outbox = database.prepare("SELECT event FROM streak_outbox WHERE user_id = ? ORDER BY occurred_at, event_id");
    this.#push = database.prepare(`
      INSERT INTO streak_outbox (event_id, user_id, occurred_at, event) VALUES (?, ?, ?, ?)`);
    this.#settle = database.prepare("DELETE FROM streak_outbox WHERE user_id = ? AND event_id = ?");
    this.#unsettled = database.prepare(`
      SELECT user_id AS userId FROM streak_outbox WHERE occurred_at < ?
      GROUP BY user_id ORDER BY min(occurred_at) LIMIT ?`);
    this.#list = database.prepare(`
      SELECT user_id AS userId FROM users WHERE user_id > ? ORDER BY user_id LIMIT ?`);
    this.#count = database.prepare("SELECT count(*) AS students FROM users");
    this.#erase = database.prepare("DELETE FROM users WHERE user_id = ?");
    this.#putErasure = database.prepare(`
      INSERT INTO erasures (user_id, up_to) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET up_to = max(up_to, excluded.up_to)`);
    this.#erasure = database.prepare("SELECT user_id AS userId, up_to AS upTo FROM erasures WHERE user_id = ?");
    const withoutStreak = "(SELECT user_id FROM users WHERE user_id = ? AND last_active_day IS NULL)";
    this.#eraseRevived = [
      database.prepare(`DELETE FROM streak_milestones WHERE user_id = ${withoutStreak}`),
      database.prepare(`DELETE FROM streak_outbox WHERE user_id = ${withoutStreak}`),
      database.prepare(`DELETE FROM users WHERE user_id = ${withoutStreak} AND time_zone IS NULL`),
    ];
    this.#erasures = database.prepare(`
      SELECT user_id AS userId, up_to AS upTo FROM erasures WHERE up_to < ? ORDER BY up_to LIMIT ?`);
    // A later erasure of the same student has a later stamp, and work of its own.
    this.#forgetErasure = database.prepare("DELETE FROM erasures WHERE user_id = ? AND up_to <= ?");
  }

  read(userId: UserId): Promise<Student> {
    return this.#database.read("store_unavailable", () => this.#student(userId));
  }

  setTimeZone(userId: UserId, timeZone: string): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#putTimeZone.run(userId, timeZone));
  }

  replaceStreak(userId: UserId, before: Streak, after: Streak, reached: readonly StreakReached[]): Promise<boolean> {
    return this.#database.write("store_unavailable", () => {
      if (!isSameStreak(this.#student(userId).streak, before)) return false;
      this.#putStreak.run(userId, after.current, after.longest, after.lastDay);
      for (const event of reached) {
        this.#putMilestone.run(userId, event.days, event.firstDay);
        this.#push.run(event.id, userId, event.occurredAt, JSON.stringify(event));
      }
      return true;
    });
  }

  settle(userId: UserId, eventId: string): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#settle.run(userId, eventId));
  }

  unsettled(before: number, limit: number): Promise<UserId[]> {
    return this.#database.read("store_unavailable", () =>
      this.#unsettled.all(before, limit).map(({ userId }) => userId),
    );
  }

  list(after: UserId | null, limit: number): Promise<UserId[]> {
    return this.#database.read("store_unavailable", () =>
      this.#list.all(after ?? "", limit).map(({ userId }) => userId),
    );
  }

  count(): Promise<number> {
    return this.#database.read("store_unavailable", () => this.#count.get()?.students ?? 0);
  }

  erase({ userId, upTo }: Erasure): Promise<void> {
    return this.#database.write("store_unavailable", () => {
      this.#erase.run(userId);
      this.#putErasure.run(userId, upTo);
    });
  }

  erasedUpTo(userId: UserId): Promise<Stamp | null> {
    return this.#database.read("store_unavailable", () => this.#erasure.get(userId)?.upTo ?? null);
  }

  eraseRevived(userId: UserId): Promise<void> {
    return this.#database.write("store_unavailable", () => {
      for (const statement of this.#eraseRevived) statement.run(userId);
    });
  }

  erasuresBefore(instant: number, limit: number): Promise<Erasure[]> {
    return this.#database.read("store_unavailable", () =>
      this.#erasures.all(makeStamp(instant), limit).map(({ userId, upTo }) => ({ userId, upTo })),
    );
  }

  forgetErasure({ userId, upTo }: Erasure): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#forgetErasure.run(userId, upTo));
  }

  #student(userId: UserId): Student {
    const row = this.#read.get(userId);
    const { current, longest, lastDay, timeZone } = row ?? { ...noStreak, timeZone: null };
    return {
      streak: { current, longest, lastDay },
      timeZone,
      milestones: new Map(this.#milestones.all(userId).map(({ days, firstDay }) => [days, firstDay])),
      outbox: this.#outbox.all(userId).map(({ event }) => JSON.parse(event) as StreakReached),
    };
  }
}
