import { type AnyBulkWriteOperation, ObjectId, type UpdateFilter } from "mongodb";
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
import { Batch } from "./batch.ts";
import type { MongoConnection } from "./connection.ts";
import { type ClaimRequest, claimDeliveries } from "./delivery-claims.ts";
import { allAtOnce, type DeliveryDocument, upTo } from "./documents.ts";
import { settleRace } from "./failures.ts";

type Update = UpdateFilter<DeliveryDocument>;

interface Settlement {
  readonly claim: ClaimedDelivery;
  readonly outcome: DeliveryOutcome;
}

/** Deliveries as documents that name their event; what they say of it is in the event's own document. */
export class MongoDeliveryStore implements DeliveryStore {
  readonly #connection: MongoConnection;
  /** Fifty lanes ask at the same moment, and fifty receivers answer at about the same. */
  readonly #claims: Batch<ClaimRequest, ClaimedDelivery[]>;
  readonly #settlements: Batch<Settlement, undefined>;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
    this.#claims = new Batch((requests) => connection.answer((collections) => claimDeliveries(collections, requests)));
    this.#settlements = new Batch((settlements) =>
      connection.answer(async ({ deliveries }) => {
        await deliveries.bulkWrite(settlements.map(settlement), { ordered: false });
        return settlements.map(() => undefined);
      }),
    );
  }

  add(deliveries: readonly NewDelivery[]): Promise<void> {
    return this.#upsert(deliveries, (document) => ({ $setOnInsert: document }));
  }

  addAgain(deliveries: readonly NewDelivery[]): Promise<void> {
    return this.#upsert(deliveries, (document) => ({
      $set: document,
      $unset: { lease: "", reason: "", endedAt: "" },
    }));
  }

  due(webhookIds: readonly WebhookId[], now: number): Promise<WebhookId[]> {
    return this.#connection.answer(({ deliveries }) =>
      deliveries.distinct("webhookId", { webhookId: { $in: [...webhookIds] }, dueAt: { $lte: new Date(now) } }),
    );
  }

  async firstToExpire(webhookIds: readonly WebhookId[]): Promise<Pick<NewDelivery, "webhookId" | "expiresAt">[]> {
    const options = { projection: { _id: 0, expiresAt: 1 }, sort: { expiresAt: 1 } } as const;
    const first = webhookIds.map(async (webhookId) => {
      const waiting = { webhookId, status: "waiting" } as const;
      const found = await this.#connection.answer(({ deliveries }) => deliveries.findOne(waiting, options));
      return found === null ? [] : [{ webhookId, expiresAt: found.expiresAt.getTime() }];
    });
    return (await Promise.all(first)).flat();
  }

  claim(webhookId: WebhookId, limit: number, { now, ms }: { now: number; ms: number }): Promise<ClaimedDelivery[]> {
    return this.#claims.add({ webhookId, limit, now, ms });
  }

  settle(claim: ClaimedDelivery, outcome: DeliveryOutcome): Promise<void> {
    return this.#settlements.add({ claim, outcome });
  }

  expire(before: number, now: number): Promise<number> {
    const [expiresBefore, endedAt] = [new Date(before), new Date(now)];
    return this.#connection.answer(async ({ deliveries }) => {
      const { modifiedCount } = await deliveries.updateMany(
        { status: "waiting", dueAt: { $lte: endedAt }, expiresAt: { $lt: expiresBefore } },
        { $set: { status: "dead", endedAt }, $unset: { dueAt: "", lease: "" } },
      );
      return modifiedCount;
    });
  }

  forget({ done, dead }: { done: number; dead: number }): Promise<void> {
    return this.#connection.answer(async ({ deliveries }) => {
      await deliveries.deleteMany({ status: "done", endedAt: { $lt: new Date(done) } });
      await deliveries.deleteMany({ status: "dead", endedAt: { $lt: new Date(dead) } });
    });
  }

  counts(): Promise<DeliveryCount[]> {
    return this.#connection.answer(async ({ deliveries }) => {
      const counted = deliveries.aggregate<{ _id: Omit<DeliveryCount, "count">; count: number }>([
        { $group: { _id: { webhookId: "$webhookId", status: "$status" }, count: { $sum: 1 } } },
      ]);
      return (await counted.toArray()).map(({ _id, count }) => ({ ..._id, count }));
    });
  }

  list(wanted: { status: DeliveryRecord["status"]; webhookId?: WebhookId }, limit: number): Promise<DeliveryRecord[]> {
    return this.#connection.answer(async ({ deliveries }) => {
      const sort = wanted.status === "waiting" ? ({ dueAt: 1 } as const) : ({ endedAt: -1 } as const);
      return (await deliveries.find(wanted, { sort, limit, ...allAtOnce }).toArray()).map(toRecord);
    });
  }

  erase(userId: UserId, until: number = Infinity): Promise<void> {
    const erased = { userId, occurredAt: upTo(until) };
    return this.#connection.answer(async ({ deliveries }) => void (await deliveries.deleteMany(erased)));
  }

  #upsert(
    deliveries: readonly NewDelivery[],
    update: (document: Omit<DeliveryDocument, "_id">) => Update,
  ): Promise<void> {
    const operations = deliveries.map((delivery): AnyBulkWriteOperation<DeliveryDocument> => {
      const { _id, ...document } = toDocument(delivery);
      return { updateOne: { filter: { _id }, update: update(document), upsert: true } };
    });
    return this.#connection.answer(async (collections) => {
      // Of those that have lost a race, the other one's document is there the second time.
      if (operations.length > 0)
        await settleRace(() => collections.deliveries.bulkWrite(operations, { ordered: false }));
    });
  }
}

/** One for each event and webhook. */
function idOf(eventId: string, webhookId: WebhookId): string {
  return `${webhookId} ${eventId}`;
}

function toDocument({ event, webhookId, dueAt, expiresAt }: NewDelivery): DeliveryDocument {
  return {
    _id: idOf(event.id, webhookId),
    eventId: event.id,
    webhookId,
    userId: event.userId,
    occurredAt: new Date(event.occurredAt),
    status: "waiting",
    dueAt: new Date(dueAt),
    expiresAt: new Date(expiresAt),
    attempts: 0,
  };
}

function settlement({ claim, outcome }: Settlement): AnyBulkWriteOperation<DeliveryDocument> {
  const _id = idOf(claim.event.id, claim.webhookId);
  const filter = outcome.status === "done" ? { _id } : { _id, lease: ObjectId.createFromHexString(claim.lease) };
  return { updateOne: { filter, update: outcomeUpdate(outcome) } };
}

function outcomeUpdate(outcome: DeliveryOutcome): Update {
  switch (outcome.status) {
    case "done":
      return {
        $set: { status: "done", endedAt: new Date(outcome.at) },
        $unset: { dueAt: "", lease: "", reason: "" },
      };
    case "dead":
      return {
        $set: { status: "dead", endedAt: new Date(outcome.at), reason: outcome.reason },
        $unset: { dueAt: "", lease: "" },
        $inc: { attempts: 1 },
      };
    case "waiting":
      return {
        $set: { dueAt: new Date(outcome.dueAt), reason: outcome.reason },
        $unset: { lease: "" },
        $inc: { attempts: 1 },
      };
    case "released":
      return { $set: { dueAt: new Date(outcome.dueAt) }, $unset: { lease: "" } };
  }
}

function toRecord(document: DeliveryDocument): DeliveryRecord {
  const { eventId, webhookId, status, attempts, reason, dueAt, endedAt } = document;
  return { eventId, webhookId, status, attempts, reason: reason ?? null, at: (endedAt ?? dueAt)?.getTime() ?? 0 };
}
