import type { Day } from "../../domain/activity-day.ts";
import type { Moment } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ActivityDay, ActivityStore, CountedCompletion, StreakCounts } from "../../ports/activity-store.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

/** Days as rows; a completion is counted when its own row is new. */
export class EmbeddedActivityStore implements ActivityStore {
  readonly #database: EmbeddedDatabase;
  readonly #addDay: Statement;
  readonly #addSource: Statement;
  readonly #count: Statement;
  readonly #between: Statement<ActivityDay>;
  readonly #daysWith: Record<StreakCounts, Statement<{ day: Day }>>;
  readonly #sources: Statement<{ day: Day; completion: string }>;
  readonly #erase: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#addDay = database.prepare(`
      INSERT INTO activities (user_id, day, count, changed_at) VALUES (?, ?, 0, ?)
      ON CONFLICT DO UPDATE SET changed_at = max(coalesce(changed_at, 0), excluded.changed_at)`);
    this.#addSource = database.prepare(`
      INSERT INTO activity_sources (user_id, day, course_id, lecture_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#count = database.prepare("UPDATE activities SET count = count + 1 WHERE user_id = ? AND day = ?");
    this.#between = database.prepare(`
      SELECT day, count FROM activities WHERE user_id = ? AND day BETWEEN ? AND ? ORDER BY day`);
    this.#daysWith = {
      completion: database.prepare("SELECT DISTINCT day FROM activity_sources WHERE user_id = ?"),
      activity: database.prepare("SELECT day FROM activities WHERE user_id = ?"),
    };
    this.#sources = database.prepare(`
      SELECT day, course_id || '/' || lecture_id AS completion FROM activity_sources WHERE user_id = ?
      ORDER BY course_id, lecture_id`);
    this.#erase = database.prepare("DELETE FROM activities WHERE user_id = ? AND coalesce(changed_at, 0) <= ?");
  }

  addCompletion({ userId, courseId, lectureId, day, occurredAt }: CountedCompletion): Promise<void> {
    return this.#database.write("store_unavailable", () => {
      this.#addDay.run(userId, day, occurredAt);
      const isNew = this.#addSource.run(userId, day, courseId, lectureId).changes !== 0;
      if (isNew) this.#count.run(userId, day);
    });
  }

  mark(userId: UserId, { day, occurredAt }: Pick<Moment, "day" | "occurredAt">): Promise<void> {
    return this.#database.write("store_unavailable", () => {
      this.#addDay.run(userId, day, occurredAt);
      this.#count.run(userId, day);
    });
  }

  between(userId: UserId, first: Day, last: Day): Promise<ActivityDay[]> {
    return this.#database.read("store_unavailable", () => this.#days(userId, first, last));
  }

  daysThatCount(userId: UserId, counts: StreakCounts): Promise<Day[]> {
    return this.#database.read("store_unavailable", () => this.#daysWith[counts].all(userId).map(({ day }) => day));
  }

  readAll(userId: UserId): Promise<(ActivityDay & { completions: string[] })[]> {
    return this.#database.read("store_unavailable", () => {
      const completions = Map.groupBy(this.#sources.all(userId), ({ day }) => day);
      return this.#days(userId, "0000-01-01" as Day, "9999-12-31" as Day).map((activity) => ({
        ...activity,
        completions: (completions.get(activity.day) ?? []).map(({ completion }) => completion),
      }));
    });
  }

  erase(userId: UserId, until: number = Infinity): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#erase.run(userId, until));
  }

  #days(userId: UserId, first: Day, last: Day): ActivityDay[] {
    return this.#between.all(userId, first, last).map(({ day, count }) => ({ day, count }));
  }
}
