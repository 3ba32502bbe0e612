import type { LearningEvent } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { SinkName } from "../../ports/event-sink.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

/** Events as rows, for whoever reads the file. */
export class EmbeddedEventLog implements EventLog {
  readonly #database: EmbeddedDatabase;
  readonly #insert: Statement;
  readonly #wait: Statement;
  readonly #waiting: Statement<{ event: string }>;
  readonly #delivered: Statement;
  readonly #since: Statement<{ event: string }>;
  readonly #erase: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#insert = database.prepare(`
      INSERT INTO events (event_id, type, user_id, occurred_at, event) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#wait = database.prepare("INSERT INTO waiting_events (sink, occurred_at, event_id) VALUES (?, ?, ?)");
    this.#waiting = database.prepare(`
      SELECT event FROM waiting_events AS waiting JOIN events USING (event_id)
      WHERE sink = ? AND waiting.occurred_at < ? ORDER BY waiting.occurred_at, sequence LIMIT ?`);
    this.#delivered = database.prepare(
      "DELETE FROM waiting_events WHERE sink = ? AND occurred_at = ? AND event_id = ?",
    );
    this.#since = database.prepare(`
      SELECT event FROM events WHERE (occurred_at, event_id) > (?, ?) ORDER BY occurred_at, event_id LIMIT ?`);
    this.#erase = database.prepare("DELETE FROM events WHERE user_id = ? AND occurred_at <= ?");
  }

  add(event: LearningEvent, sinks: readonly SinkName[]): Promise<boolean> {
    const { id, type, userId, occurredAt } = event;
    return this.#database.write("store_unavailable", () => {
      const isNew = this.#insert.run(id, type, userId, occurredAt, JSON.stringify(event)).changes !== 0;
      if (isNew) for (const sink of sinks) this.#wait.run(sink, occurredAt, id);
      return isNew;
    });
  }

  waiting(sink: SinkName, before: number, limit: number): Promise<LearningEvent[]> {
    return this.#database.read("store_unavailable", () =>
      this.#waiting.all(sink, before, limit).map(({ event }) => JSON.parse(event) as LearningEvent),
    );
  }

  delivered(sink: SinkName, { id, occurredAt }: LearningEvent): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#delivered.run(sink, occurredAt, id));
  }

  since(instant: number, last: LearningEvent | null, limit: number): Promise<LearningEvent[]> {
    return this.#database.read("store_unavailable", () =>
      this.#since
        .all(last?.occurredAt ?? instant, last?.id ?? "", limit)
        .map(({ event }) => JSON.parse(event) as LearningEvent),
    );
  }

  /** What waits for a sink goes with its event. */
  erase(userId: UserId, until: number = Infinity): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#erase.run(userId, until));
  }
}
