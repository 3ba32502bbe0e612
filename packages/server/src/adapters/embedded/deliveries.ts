import type { LearningEvent } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import type { WebhookId } from "../../domain/webhook.ts";
import type {
  ClaimedDelivery,
  DeliveryCount,
  DeliveryOutcome,
  DeliveryRecord,
  DeliveryStore,
  NewDelivery,
} from "../../ports/delivery-store.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

interface ClaimedRow extends Omit<ClaimedDelivery, "event" | "webhookId"> {
  readonly event: string;
}

type Status = DeliveryRecord["status"];

const newLease = "lower(hex(randomblob(8)))";

/** Deliveries as rows; each goes with the row of its event. */
export class EmbeddedDeliveryStore implements DeliveryStore {
  readonly #database: EmbeddedDatabase;
  readonly #add: Statement<{ lease: string | null }>;
  readonly #addAgain: Statement;
  readonly #firstToExpire: Statement<{ expiresAt: number | null }>;
  readonly #claim: Statement<ClaimedRow>;
  readonly #done: Statement;
  readonly #dead: Statement;
  readonly #failed: Statement;
  readonly #released: Statement;
  readonly #expire: Statement;
  readonly #forget: Statement;
  readonly #counts: Statement<DeliveryCount>;
  readonly #list: Record<"waiting" | "ended", Statement<DeliveryRecord>>;
  readonly #erase: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    // An event that has just been erased has no row, and gets no delivery.
    const insert = `
      INSERT INTO deliveries (event_id, webhook_id, status, due_at, expires_at, lease)
      SELECT event_id, ?2, 'waiting', ?3, ?4, iif(?5, ${newLease}, NULL) FROM events WHERE event_id = ?1 ON CONFLICT DO`;
    this.#add = database.prepare(`${insert} NOTHING RETURNING lease`);
    this.#addAgain = database.prepare(`${insert} UPDATE SET status = 'waiting', due_at = excluded.due_at,
      expires_at = excluded.expires_at, lease = NULL, attempts = 0, reason = NULL, ended_at = NULL`);
    this.#firstToExpire = database.prepare(`
      SELECT min(expires_at) AS expiresAt FROM deliveries WHERE webhook_id = ? AND due_at IS NOT NULL`);
    this.#claim = database.prepare(`
      UPDATE deliveries SET due_at = ?3 + ?4, lease = ${newLease}
      WHERE webhook_id = ?1 AND event_id IN (
        SELECT event_id FROM deliveries WHERE webhook_id = ?1 AND due_at <= ?3 ORDER BY due_at LIMIT ?2)
      RETURNING lease, attempts, expires_at AS expiresAt,
        (SELECT event FROM events WHERE events.event_id = deliveries.event_id) AS event`);
    const held = "event_id = ? AND webhook_id = ? AND lease = ?";
    this.#done = database.prepare(`
      UPDATE deliveries SET status = 'done', ended_at = ?, due_at = NULL, lease = NULL, reason = NULL
      WHERE event_id = ? AND webhook_id = ? AND status <> 'done'`);
    this.#dead = database.prepare(`
      UPDATE deliveries SET status = 'dead', ended_at = ?, reason = ?, due_at = NULL, lease = NULL, attempts = attempts + 1
      WHERE ${held}`);
    this.#failed = database.prepare(`
      UPDATE deliveries SET due_at = ?, reason = ?, lease = NULL, attempts = attempts + 1 WHERE ${held}`);
    this.#released = database.prepare(`UPDATE deliveries SET due_at = ?, lease = NULL WHERE ${held}`);
    this.#expire = database.prepare(`
      UPDATE deliveries SET status = 'dead', ended_at = ?2, due_at = NULL, lease = NULL
      WHERE due_at <= ?2 AND expires_at < ?1`);
    this.#forget = database.prepare("DELETE FROM deliveries WHERE status = ? AND ended_at < ?");
    this.#counts = database.prepare(`
      SELECT webhook_id AS webhookId, status, count(*) AS count FROM deliveries GROUP BY webhook_id, status`);
    const list = `SELECT event_id AS eventId, webhook_id AS webhookId, status, attempts, reason,
      coalesce(ended_at, due_at) AS at FROM deliveries WHERE status = ?1 AND (?2 IS NULL OR webhook_id = ?2)`;
    this.#list = {
      waiting: database.prepare(`${list} ORDER BY due_at LIMIT ?3`),
      ended: database.prepare(`${list} ORDER BY ended_at DESC LIMIT ?3`),
    };
    this.#erase = database.prepare(`
      DELETE FROM deliveries WHERE event_id IN (SELECT event_id FROM events WHERE user_id = ? AND occurred_at <= ?)`);
  }

  add(deliveries: readonly NewDelivery[]): Promise<ClaimedDelivery[]> {
    return this.#database.write("store_unavailable", () =>
      deliveries.flatMap(({ event, webhookId, dueAt, expiresAt, isLeased = false }) => {
        const lease = this.#add.get(event.id, webhookId, dueAt, expiresAt, Number(isLeased))?.lease;
        return typeof lease === "string" ? [{ event, webhookId, attempts: 0, expiresAt, lease }] : [];
      }),
    );
  }

  addAgain(deliveries: readonly NewDelivery[]): Promise<void> {
    return this.#database.write("store_unavailable", () => {
      for (const { event, webhookId, dueAt, expiresAt } of deliveries) {
        this.#addAgain.run(event.id, webhookId, dueAt, expiresAt, 0);
      }
    });
  }

  firstToExpire(webhookIds: readonly WebhookId[]): Promise<Pick<NewDelivery, "webhookId" | "expiresAt">[]> {
    return this.#database.read("store_unavailable", () =>
      webhookIds.flatMap((webhookId) => {
        const expiresAt = this.#firstToExpire.get(webhookId)?.expiresAt;
        return typeof expiresAt === "number" ? [{ webhookId, expiresAt }] : [];
      }),
    );
  }

  claim(webhookId: WebhookId, limit: number, { now, ms }: { now: number; ms: number }): Promise<ClaimedDelivery[]> {
    return this.#database.write("store_unavailable", () =>
      this.#claim
        .all(webhookId, limit, now, ms)
        .map(({ event, ...row }) => ({ ...row, webhookId, event: JSON.parse(event) as LearningEvent })),
    );
  }

  settle({ event: { id }, webhookId, lease }: ClaimedDelivery, outcome: DeliveryOutcome): Promise<void> {
    return this.#database.write("store_unavailable", () => {
      switch (outcome.status) {
        case "done":
          return void this.#done.run(outcome.at, id, webhookId);
        case "dead":
          return void this.#dead.run(outcome.at, outcome.reason, id, webhookId, lease);
        case "waiting":
          return void this.#failed.run(outcome.dueAt, outcome.reason, id, webhookId, lease);
        case "released":
          return void this.#released.run(outcome.dueAt, id, webhookId, lease);
      }
    });
  }

  expire(before: number, now: number): Promise<number> {
    return this.#database.write("store_unavailable", () => Number(this.#expire.run(before, now).changes));
  }

  forget({ done, dead }: { done: number; dead: number }): Promise<void> {
    return this.#database.write("store_unavailable", () => {
      this.#forget.run("done", done);
      this.#forget.run("dead", dead);
    });
  }

  counts(): Promise<DeliveryCount[]> {
    return this.#database.read("store_unavailable", () => this.#counts.all().map((row) => ({ ...row })));
  }

  list({ status, webhookId }: { status: Status; webhookId?: WebhookId }, limit: number): Promise<DeliveryRecord[]> {
    const list = this.#list[status === "waiting" ? "waiting" : "ended"];
    return this.#database.read("store_unavailable", () =>
      list.all(status, webhookId ?? null, limit).map((row) => ({ ...row })),
    );
  }

  erase(userId: UserId, until: number = Infinity): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#erase.run(userId, until));
  }
}
