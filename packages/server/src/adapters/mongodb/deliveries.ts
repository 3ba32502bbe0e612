import { type AnyBulkWriteOperation, type Collection, MongoBulkWriteError, ObjectId, type UpdateFilter } from "mongodb";
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
import { allAtOnce, type Collections, type DeliveryDocument, upTo } from "./documents.ts";
import { isDuplicateKeyCode, settleRace } from "./failures.ts";

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
        await deliveries.bulkWrite(updatesOf(settlements), { ordered: false });
        return settlements.map(() => undefined);
      }),
    );
  }

  async add(deliveries: readonly NewDelivery[]): Promise<ClaimedDelivery[]> {
    const lease = new ObjectId();
    const documents = deliveries.map((delivery) => ({
      ...toDocument(delivery),
      ...(delivery.isLeased === true && { lease }),
    }));
    return this.#connection.answer(async (collections) => {
      const missing = await insertMissing(collections.deliveries, documents).catch(async (error: unknown) => {
        if (isUnconfirmed(error)) await release(collections, documents, lease).catch(() => undefined);
        throw error;
      });
      const own = deliveries.filter(({ isLeased }, index) => isLeased === true && missing.has(index));
      const kept = await keptEvents(collections, own, lease);
      return own
        .filter(({ event }) => kept.has(event.id))
        .map(({ event, webhookId, expiresAt }) => {
          return { event, webhookId, attempts: 0, expiresAt, lease: lease.toHexString() };
        });
    });
  }

  addAgain(deliveries: readonly NewDelivery[]): Promise<void> {
    const operations = deliveries.map((delivery): AnyBulkWriteOperation<DeliveryDocument> => {
      const { _id, ...document } = toDocument(delivery);
      const update = { $set: document, $unset: { lease: "", reason: "", endedAt: "" } } as const;
      return { updateOne: { filter: { _id }, update, upsert: true } };
    });
    return this.#connection.answer(async (collections) => {
      // Of those that have lost a race, the other one's document is there the second time.
      if (operations.length > 0)
        await settleRace(() => collections.deliveries.bulkWrite(operations, { ordered: false }));
    });
  }

  firstToExpire(webhookIds: readonly WebhookId[]): Promise<Pick<NewDelivery, "webhookId" | "expiresAt">[]> {
    return this.#connection.answer(async ({ deliveries }) => {
      // An index has all of this: no document is read.
      const first = deliveries.aggregate<{ _id: WebhookId; expiresAt: Date }>([
        { $match: { webhookId: { $in: [...webhookIds] }, status: "waiting" } },
        { $group: { _id: "$webhookId", expiresAt: { $min: "$expiresAt" } } },
      ]);
      return (await first.toArray()).map(({ _id, expiresAt }) => ({ webhookId: _id, expiresAt: expiresAt.getTime() }));
    });
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
}

/**
 * Which events of these deliveries there are. An erasure may have come between an event and its deliveries; it looks for
 * deliveries after the event is gone, so it finds what is added later than this.
 */
async function keptEvents(
  { deliveries, events }: Collections,
  leased: readonly NewDelivery[],
  lease: ObjectId,
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(leased.map(({ event }) => event.id))];
  if (ids.length === 0) return new Set();
  const found = await events.find({ _id: { $in: ids } }, { projection: { _id: 1 }, ...allAtOnce }).toArray();
  const kept = new Set(found.map(({ _id }) => _id));
  const orphans = leased
    .filter(({ event }) => !kept.has(event.id))
    .map(({ event, webhookId }) => idOf(event.id, webhookId));
  if (orphans.length > 0) await deliveries.deleteMany({ _id: { $in: orphans }, lease });
  return kept;
}

/** Which of the documents were not there, by their places. Rejects when that is not known of each. */
async function insertMissing<Shape extends { _id: string }>(
  collection: Collection<Shape>,
  documents: readonly Shape[],
): Promise<Set<number>> {
  const missing = new Set(documents.keys());
  if (documents.length === 0) return missing;
  try {
    await collection.insertMany(documents as Parameters<typeof collection.insertMany>[0], { ordered: false });
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || isUnconfirmed(error)) throw error;
    const errors = [error.writeErrors].flat();
    // A dropped connection leaves no errors behind.
    if (errors.length === 0 || !errors.every(({ code }) => isDuplicateKeyCode(code))) throw error;
    for (const { index } of errors) missing.delete(index);
  }
  return missing;
}

/** MongoDB has answered, and did not confirm what it did: that may be undone. */
function isUnconfirmed(error: unknown): boolean {
  return error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined;
}

/** Nobody attempts what is not known to be kept, so nobody shall wait for the end of its lease: it is due for whoever claims it. */
async function release(
  { deliveries }: Collections,
  documents: readonly DeliveryDocument[],
  lease: ObjectId,
): Promise<void> {
  const releases = documents.map(({ _id, occurredAt }) => {
    const update = outcomeUpdate({ status: "released", dueAt: occurredAt.getTime() });
    return { updateOne: { filter: { _id, lease }, update } };
  });
  await deliveries.bulkWrite(releases, { ordered: false });
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

/** One update for all that are done, and one for each of the others. */
function updatesOf(settlements: readonly Settlement[]): AnyBulkWriteOperation<DeliveryDocument>[] {
  const done: string[] = [];
  let endedAt = 0;
  const updates: AnyBulkWriteOperation<DeliveryDocument>[] = [];
  for (const { claim, outcome } of settlements) {
    const _id = idOf(claim.event.id, claim.webhookId);
    if (outcome.status === "done") {
      done.push(_id);
      endedAt = Math.max(endedAt, outcome.at);
    } else {
      const filter = { _id, lease: ObjectId.createFromHexString(claim.lease) };
      updates.push({ updateOne: { filter, update: outcomeUpdate(outcome) } });
    }
  }
  if (done.length > 0) updates.push({ updateMany: { filter: { _id: { $in: done } }, update: doneUpdate(endedAt) } });
  return updates;
}

function doneUpdate(at: number): Update {
  return { $set: { status: "done", endedAt: new Date(at) }, $unset: { dueAt: "", lease: "", reason: "" } };
}

function outcomeUpdate(outcome: Exclude<DeliveryOutcome, { status: "done" }>): Update {
  switch (outcome.status) {
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
