import { DatabaseSync } from "node:sqlite";

/**
 * Every position that the service has ever held, written down inside its own transactions: asking it again and again
 * could miss one that was replaced a moment later.
 */
export class PositionHistory implements Disposable {
  readonly #database: DatabaseSync;

  constructor(dataFile: string) {
    this.#database = new DatabaseSync(dataFile, { timeout: 10_000 });
    const note = `INSERT INTO held VALUES (NEW.user_id, NEW.seconds)`;
    this.#database.exec(`
      CREATE TABLE held (user_id TEXT NOT NULL, seconds REAL NOT NULL) STRICT;
      CREATE TRIGGER note_first AFTER INSERT ON buffer_positions BEGIN ${note}; END;
      CREATE TRIGGER note_next AFTER UPDATE OF seconds ON buffer_positions BEGIN ${note}; END;`);
  }

  /** Seconds, in order. */
  of(userId: string): number[] {
    const rows = this.#database.prepare("SELECT seconds FROM held WHERE user_id = ? ORDER BY rowid").all(userId);
    return rows.map(({ seconds }) => Number(seconds));
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
