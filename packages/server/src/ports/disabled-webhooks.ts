import type { WebhookId } from "../domain/webhook.ts";

/** A webhook that has answered that it is gone. It stays so for this address, until an operator enables it. */
export interface DisabledWebhook {
  readonly webhookId: WebhookId;
  readonly url: string;
  /** Since when, milliseconds since 1970. */
  readonly at: number;
}

/** Every method rejects with the code `store_unavailable` when its outcome is unknown or nothing was done. */
export interface DisabledWebhooks {
  /** Replaces what was known of the same webhook. */
  add(webhook: DisabledWebhook): Promise<void>;

  /** @returns whether it was there */
  remove(webhookId: WebhookId): Promise<boolean>;

  all(): Promise<DisabledWebhook[]>;
}
