import { ObjectId } from "mongodb";
import type { WebhookId } from "../../domain/webhook.ts";
import type { ClaimedDelivery } from "../../ports/delivery-store.ts";
import { allAtOnce, type Collections, type DeliveryDocument } from "./documents.ts";
import { toEvent } from "./events.ts";

/** What one lane asks for. */
export interface ClaimRequest {
  readonly webhookId: WebhookId;
  readonly limit: number;
  readonly now: number;
  readonly ms: number;
}

type Found = Pick<DeliveryDocument, "_id" | "webhookId" | "dueAt">;

/**
 * Leases what is due for several lanes with four questions, however many they are. Whoever sets its lease on one that is due has
 * it; several processes may try.
 */
export async function claimDeliveries(
  collections: Collections,
  requests: readonly ClaimRequest[],
): Promise<ClaimedDelivery[][]> {
  const claims = new Map<ClaimRequest, ClaimedDelivery[]>();
  for (const alike of Map.groupBy(requests, ({ now, ms }) => `${now} ${ms}`).values()) {
    for (const [request, claimed] of await claimAlike(collections, alike)) claims.set(request, claimed);
  }
  return requests.map((request) => claims.get(request) ?? []);
}

/** Requests of the same moment. */
async function claimAlike(
  collections: Collections,
  requests: readonly ClaimRequest[],
): Promise<Map<ClaimRequest, ClaimedDelivery[]>> {
  const { now, ms } = requests[0] as ClaimRequest;
  const found = await findDue(collections, requests, now);
  const wanted = new Map(requests.map((request) => [request, takeFor(request, found)]));
  const ids = [...wanted.values()].flat();
  if (ids.length === 0) return new Map();
  const lease = new ObjectId();
  const due = { _id: { $in: ids }, dueAt: { $lte: new Date(now) } };
  await collections.deliveries.updateMany(due, { $set: { lease, dueAt: new Date(now + ms) } });
  const leased = await collections.deliveries.find({ _id: { $in: ids }, lease }, allAtOnce).toArray();
  const claimed = await withEvents(collections, leased);
  return new Map([...wanted].map(([request, own]) => [request, own.flatMap((id) => claimed.get(id) ?? [])]));
}

/** All that is due, the longest due first; where it is more than all lanes take, each lane's own share of it. */
async function findDue(
  { deliveries }: Collections,
  requests: readonly ClaimRequest[],
  now: number,
): Promise<Map<WebhookId, Found[]>> {
  const dueAt = { $lte: new Date(now) };
  const limits = new Map<WebhookId, number>();
  for (const { webhookId, limit } of requests) limits.set(webhookId, (limits.get(webhookId) ?? 0) + limit);
  const find = (webhookIds: WebhookId[], limit: number): Promise<Found[]> => {
    const options = { projection: { webhookId: 1, dueAt: 1 }, sort: { dueAt: 1 }, limit, ...allAtOnce } as const;
    return deliveries.find({ webhookId: { $in: webhookIds }, dueAt }, options).toArray();
  };
  const total = [...limits.values()].reduce((sum, limit) => sum + limit, 0);
  const all = await find([...limits.keys()], total + 1);
  if (all.length <= total || limits.size === 1) return Map.groupBy(all, ({ webhookId }) => webhookId);
  const shares = await Promise.all([...limits].map(async ([id, limit]) => [id, await find([id], limit)] as const));
  return new Map(shares);
}

/** Takes what a request may have out of what was found. */
function takeFor({ webhookId, limit }: ClaimRequest, found: Map<WebhookId, Found[]>): string[] {
  return (found.get(webhookId) ?? []).splice(0, limit).map(({ _id }) => _id);
}

/** By the delivery's id. Deliveries whose event was erased are forgotten on the way. */
async function withEvents(
  { deliveries, events }: Collections,
  leased: readonly DeliveryDocument[],
): Promise<Map<string, ClaimedDelivery>> {
  const eventIds = new Set(leased.map(({ eventId }) => eventId));
  const found = await events.find({ _id: { $in: [...eventIds] } }, allAtOnce).toArray();
  const byId = new Map(found.map((document) => [document._id, toEvent(document)]));
  const orphans = leased.filter(({ eventId }) => !byId.has(eventId)).map(({ _id }) => _id);
  if (orphans.length > 0) await deliveries.deleteMany({ _id: { $in: orphans } });
  return new Map(
    leased.flatMap(({ _id, eventId, webhookId, attempts, expiresAt, lease }) => {
      const event = byId.get(eventId);
      if (event === undefined || lease === undefined) return [];
      return [
        [_id, { event, webhookId, attempts, expiresAt: expiresAt.getTime(), lease: lease.toHexString() }] as const,
      ];
    }),
  );
}
