import type { LearningEvent } from "../domain/event.ts";
import type { ProgressKey } from "../domain/ids.ts";
import type { WebhookId } from "../domain/webhook.ts";
import type { ClaimedDelivery, DeliveryOutcome } from "./delivery-store.ts";
import type { SinkName } from "./event-sink.ts";

/** What the core tells its operators: one method for each thing that can happen. None may throw. */
export interface Telemetry {
  positionsSaved(outcome: { stored: number; superseded: number; refused: number; durationMs: number }): void;
  /** A student's progress in a course was read; `isAskedAgain`: the store had not all that the buffer said it has. */
  progressRead(isAskedAgain: boolean): void;
  flushed(outcome: { written: number; refused: number; unknown: number; durationMs: number }): void;
  /** The store refused a key for good; it waits on the poison list. */
  keyPoisoned(key: ProgressKey, reason: string): void;
  /** Buffered data disappeared before it was acknowledged. */
  claimedKeyMissing(key: ProgressKey): void;
  storeUnreachable(reason: string, retryInMs: number): void;
  storeReachable(): void;
  /** Told once for each event. */
  eventPublished(event: LearningEvent): void;
  /** `isGone`: the webhook answered so, and what waits for it is not tried again until it is enabled, or has another address. */
  deliveryAttempted(delivery: ClaimedDelivery, outcome: DeliveryOutcome, isGone: boolean): void;
  /** It answered that it is gone, and is told nothing until an operator enables it. */
  webhookDisabled(webhookId: WebhookId, reason: string): void;
  /** Since when the oldest delivery waits that a webhook has not got, milliseconds since 1970; null when none does. */
  oldestDelivery(webhookId: WebhookId, since: number | null): void;
  /** So many were given up because nobody could deliver them any more. */
  deliveriesExpired(count: number): void;
  /** When the oldest event occurred that waits, for what follows from it or for a sink; null when none has to. */
  oldestWaiting(waitsFor: "followers" | SinkName, occurredAt: number | null): void;
  /** Something in the background failed and will be tried again. */
  backgroundFailed(task: string, error: unknown): void;
}
