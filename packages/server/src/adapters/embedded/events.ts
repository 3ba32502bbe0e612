import type { LearningEvent } from "../../domain/completion.ts";
import type { UserId } from "../../domain/ids.ts";
import type { EventSink } from "../../ports/event-sink.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

/** Events as rows, for whoever reads the file. */
export class EmbeddedEventSink implements EventSink {
  readonly #database: EmbeddedDatabase;
  readonly #insert: Statement;
  readonly #erase: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#insert = database.prepare(`
      INSERT INTO events (event_id, type, user_id, occurred_at, event) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#erase = database.prepare("DELETE FROM events WHERE user_id = ?");
  }

  publish(event: LearningEvent): Promise<void> {
    const { id, type, userId, occurredAt } = event;
    return this.#database.write("store_unavailable", () => {
      this.#insert.run(id, type, userId, occurredAt, JSON.stringify(event));
    });
  }

  erase(userId: UserId): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#erase.run(userId));
  }
}
