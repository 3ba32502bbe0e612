import type { LearningEvent } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";
import type { WebhookId } from "../domain/webhook.ts";

/** One event that one webhook is to be told of. Instants are milliseconds since 1970. */
export interface NewDelivery {
  readonly event: LearningEvent;
  readonly webhookId: WebhookId;
  /** Of one that is leased: when the lease ends. */
  readonly dueAt: number;
  /** When it is given up. */
  readonly expiresAt: number;
  /** True when whoever adds it attempts it at once. */
  readonly isLeased?: boolean;
}

/** A delivery that was leased: nobody else gets it until the lease ends. */
export interface ClaimedDelivery {
  readonly event: LearningEvent;
  readonly webhookId: WebhookId;
  /** Attempts that have failed before. */
  readonly attempts: number;
  readonly expiresAt: number;
  /** Tells this claim from every other. */
  readonly lease: string;
}

/** What an attempt has come to. */
export type DeliveryOutcome =
  | { readonly status: "done"; readonly at: number }
  /** It failed and is due again. */
  | { readonly status: "waiting"; readonly dueAt: number; readonly reason: string }
  /** It failed and is given up: a dead letter. */
  | { readonly status: "dead"; readonly at: number; readonly reason: string }
  /** It was not made after all: due again, and nothing is counted. */
  | { readonly status: "released"; readonly dueAt: number };

/** A delivery as operators see it. */
export interface DeliveryRecord {
  readonly eventId: string;
  readonly webhookId: WebhookId;
  readonly status: "waiting" | "done" | "dead";
  readonly attempts: number;
  /** Of the last attempt that failed. */
  readonly reason: string | null;
  /** When it is due, while it waits; when it ended, else. */
  readonly at: number;
}

export interface DeliveryCount {
  readonly webhookId: WebhookId;
  readonly status: DeliveryRecord["status"];
  readonly count: number;
}

/**
 * Who is to be told of what: one delivery for each event and webhook. It waits, leased or not, until it is done or dead. Every
 * method rejects with the code `store_unavailable` when its outcome is unknown or nothing was done.
 */
export interface DeliveryStore {
  /**
   * Adds those that are missing; those that are there stay as they are. In one step for all of them.
   * @returns the leased ones that were missing: they are the caller's
   */
  add(deliveries: readonly NewDelivery[]): Promise<ClaimedDelivery[]>;

  /** The same, but those that are there begin again, whatever they were. */
  addAgain(deliveries: readonly NewDelivery[]): Promise<void>;

  /** For each of these webhooks that something waits for: when the first of it expires. */
  firstToExpire(webhookIds: readonly WebhookId[]): Promise<Pick<NewDelivery, "webhookId" | "expiresAt">[]>;

  /** Leases deliveries of a webhook that are due, the longest due first. Those whose event is not kept any more are forgotten. */
  claim(webhookId: WebhookId, limit: number, lease: { now: number; ms: number }): Promise<ClaimedDelivery[]>;

  /** Records what came of a claim. Who has lost the lease can still say that it is done, and nothing else. */
  settle(claim: ClaimedDelivery, outcome: DeliveryOutcome): Promise<void>;

  /** Gives up what is due and should have ended before the instant. @returns how many */
  expire(before: number, now: number): Promise<number>;

  /** Forgets what was done, and what was given up, before these instants. */
  forget(before: { done: number; dead: number }): Promise<void>;

  counts(): Promise<DeliveryCount[]>;

  /** Of one status, and of one webhook if it is named; what ended last, or is due first, comes first. */
  list(wanted: Pick<DeliveryRecord, "status"> & { webhookId?: WebhookId }, limit: number): Promise<DeliveryRecord[]>;

  /** @param until deliveries of what occurred up to this instant; left out: all */
  erase(userId: UserId, until?: number): Promise<void>;
}
