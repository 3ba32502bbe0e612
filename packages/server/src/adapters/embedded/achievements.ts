import type { UserId } from "../../domain/ids.ts";
import type { AchievementStore, EarnedAchievement } from "../../ports/achievement-store.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

interface AchievementRow extends EarnedAchievement {
  readonly isTold: number;
}

/** What was earned as rows; the primary key says that it is earned once. */
export class EmbeddedAchievementStore implements AchievementStore {
  readonly #database: EmbeddedDatabase;
  readonly #insert: Statement;
  readonly #earned: Statement<AchievementRow>;
  readonly #told: Statement;
  readonly #erase: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#insert = database.prepare(`
      INSERT INTO achievements (user_id, achievement_id, title, earned_at, day, zone, event_id)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#earned = database.prepare(`
      SELECT
        achievement_id AS achievementId, title, earned_at AS occurredAt, day, zone, event_id AS cause, is_told AS isTold
      FROM achievements WHERE user_id = ? ORDER BY earned_at DESC, achievement_id`);
    this.#told = database.prepare("UPDATE achievements SET is_told = 1 WHERE user_id = ? AND achievement_id = ?");
    this.#erase = database.prepare("DELETE FROM achievements WHERE user_id = ? AND earned_at <= ?");
  }

  earn(userId: UserId, { achievementId, title, occurredAt, day, zone, cause }: EarnedAchievement): Promise<boolean> {
    return this.#database.write(
      "store_unavailable",
      () => this.#insert.run(userId, achievementId, title, occurredAt, day, zone, cause).changes !== 0,
    );
  }

  earned(userId: UserId): Promise<(EarnedAchievement & { isTold: boolean })[]> {
    return this.#database.read("store_unavailable", () =>
      this.#earned.all(userId).map((row) => ({ ...row, isTold: row.isTold !== 0 })),
    );
  }

  told(userId: UserId, achievementId: string): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#told.run(userId, achievementId));
  }

  erase(userId: UserId, until: number = Infinity): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#erase.run(userId, until));
  }
}
