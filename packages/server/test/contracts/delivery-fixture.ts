import { randomUUID } from "node:crypto";
import { type LearningEvent, lectureCompleted } from "../../src/domain/event.ts";
import type { UserId } from "../../src/domain/ids.ts";
import type { WebhookId } from "../../src/domain/webhook.ts";
import type { DeliveryRecord, DeliveryStore, NewDelivery } from "../../src/ports/delivery-store.ts";
import type { DisabledWebhooks } from "../../src/ports/disabled-webhooks.ts";
import type { EventLog } from "../../src/ports/event-log.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { momentAt, someTime } from "./store-fixture.ts";

export interface DeliveryHarness extends AsyncDisposable {
  readonly deliveries: DeliveryStore;
  readonly disabledWebhooks: DisabledWebhooks;
  /** Deliveries are of events that are kept here. */
  readonly log: EventLog;
}

export const now: number = someTime;
export const expiresAt: number = now + 1_000_000;
export const lease: { now: number; ms: number } = { now, ms: 1_000 };

/** A webhook nobody else has. */
export function someWebhook(): WebhookId {
  return `webhook-${randomUUID()}` as WebhookId;
}

/** Events that are kept, of one student. */
export async function kept(
  { log }: DeliveryHarness,
  count: number,
  userId: UserId = someUser(),
  occurredAt: number = now,
): Promise<LearningEvent[]> {
  const key = { userId, courseId: course("algebra") };
  const events = Array.from({ length: count }, (_, index) =>
    lectureCompleted(key, momentAt(occurredAt), lecture(`l${index}-${occurredAt}`), 1),
  );
  for (const event of events) await log.add(event, []);
  return events;
}

export const due = (event: LearningEvent, webhookId: WebhookId, dueAt: number = now): NewDelivery => ({
  event,
  webhookId,
  dueAt,
  expiresAt,
});

/** One event that is due to one webhook. */
export async function oneDue(
  harness: DeliveryHarness,
): Promise<{ deliveries: DeliveryStore; webhookId: WebhookId; event: LearningEvent }> {
  const { deliveries } = harness;
  const webhookId = someWebhook();
  const [event] = (await kept(harness, 1)) as [LearningEvent];
  await deliveries.add([due(event, webhookId)]);
  return { deliveries, webhookId, event };
}

/** All that is known of a webhook's deliveries. */
export async function recordsOf({ deliveries }: DeliveryHarness, webhookId: WebhookId): Promise<DeliveryRecord[]> {
  const statuses = ["waiting", "done", "dead"] as const;
  const lists = await Promise.all(statuses.map((status) => deliveries.list({ status, webhookId }, 100)));
  return lists.flat();
}
