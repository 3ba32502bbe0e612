import type { LearningEvent } from "../../domain/completion.ts";
import type { EventSink } from "../../ports/event-sink.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

/** Events as rows, for whoever reads the file. */
export class EmbeddedEventSink implements EventSink {
  readonly #database: EmbeddedDatabase;
  readonly #insert: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#insert = database.prepare(`
      INSERT INTO events (event_id, type, user_id, occurred_at, event) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  }

  publish(event: LearningEvent): Promise<void> {
    const { id, type, userId, occurredAt } = event;
    return this.#database.write("store_unavailable", () => {
      this.#insert.run(id, type, userId, occurredAt, JSON.stringify(event));
    });
  }
}
