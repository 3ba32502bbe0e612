import type { LearningEvent } from "../domain/event.ts";
import type { Webhook } from "../domain/webhook.ts";

/** What came of telling a webhook of an event once. */
export type Reply =
  | { readonly status: "accepted" }
  /** It wants to hear nothing any more. */
  | { readonly status: "gone"; readonly reason: string }
  /** `retryAfterMs`: how long it asks to be left alone. */
  | { readonly status: "failed"; readonly reason: string; readonly retryAfterMs: number | null };

export interface WebhookSender {
  /**
   * Tells the webhook of the event, signed. Only an answer of its own counts as accepted. Resolves within ten seconds, at
   * once when the signal is aborted; never rejects.
   */
  send(webhook: Webhook, event: LearningEvent, signal: AbortSignal): Promise<Reply>;
}
