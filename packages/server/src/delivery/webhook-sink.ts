import type { LearningEvent } from "../domain/event.ts";
import type { Clock } from "../ports/clock.ts";
import type { DeliveryStore } from "../ports/delivery-store.ts";
import type { DisabledWebhooks } from "../ports/disabled-webhooks.ts";
import type { EventSink } from "../ports/event-sink.ts";
import { patienceMs } from "./retry-policy.ts";
import type { WebhookList } from "./webhook-list.ts";

interface WebhookSinkDeps {
  deliveries: DeliveryStore;
  disabledWebhooks: DisabledWebhooks;
  webhooks: WebhookList;
  clock: Clock;
}

/** Takes an event by making a delivery of it for each webhook, all in one step. */
export class WebhookSink implements EventSink {
  readonly name = "webhooks";
  readonly #deps: WebhookSinkDeps;

  constructor(deps: WebhookSinkDeps) {
    this.#deps = deps;
  }

  /** A webhook that is gone is left out: when it is enabled again, a replay brings what it has missed. */
  async publish(event: LearningEvent): Promise<void> {
    const { deliveries, disabledWebhooks, webhooks, clock } = this.#deps;
    const told = webhooks.toldOf(event);
    if (told.length === 0) return;
    const enabled = new Set(webhooks.enabled(await disabledWebhooks.all()));
    const dueAt = clock.now();
    await deliveries.add(
      told
        .filter((webhook) => enabled.has(webhook))
        .map(({ id }) => ({ event, webhookId: id, dueAt, expiresAt: dueAt + patienceMs })),
    );
  }

  /** Deliveries go with the student's other data, whether there are webhooks or not. */
  async erase(): Promise<void> {}
}
