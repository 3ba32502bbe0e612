import type { LearningEvent } from "../domain/event.ts";
import type { Webhook, WebhookId } from "../domain/webhook.ts";
import type { DisabledWebhook } from "../ports/disabled-webhooks.ts";

/** The webhooks there are. The list changes as a whole, when the operator has changed it. */
export class WebhookList {
  #webhooks: readonly Webhook[];

  constructor(webhooks: readonly Webhook[]) {
    this.#webhooks = webhooks;
  }

  get all(): readonly Webhook[] {
    return this.#webhooks;
  }

  replace(webhooks: readonly Webhook[]): void {
    this.#webhooks = webhooks;
  }

  find(webhookId: WebhookId): Webhook | undefined {
    return this.#webhooks.find(({ id }) => id === webhookId);
  }

  /** Those that are to be told of this event. */
  toldOf({ type }: LearningEvent): Webhook[] {
    return this.#webhooks.filter(({ types }) => types.has(type));
  }

  /** Those that have not said, from the address they have now, that they are gone. */
  enabled(disabled: readonly DisabledWebhook[]): Webhook[] {
    return this.#webhooks.filter((webhook) => !disabled.some((gone) => isSame(gone, webhook)));
  }
}

function isSame({ webhookId, url }: DisabledWebhook, webhook: Webhook): boolean {
  return webhookId === webhook.id && url === webhook.url;
}
