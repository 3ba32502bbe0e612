import type { LearningEvent } from "../domain/event.ts";
import type { DisabledWebhooks } from "../ports/disabled-webhooks.ts";
import type { EventSink } from "../ports/event-sink.ts";
import type { Deliverer } from "./deliverer.ts";
import type { WebhookList } from "./webhook-list.ts";

interface WebhookSinkDeps {
  disabledWebhooks: DisabledWebhooks;
  webhooks: WebhookList;
  deliverer: Pick<Deliverer, "tell">;
}

/** Takes an event by having a delivery of it for each webhook. */
export class WebhookSink implements EventSink {
  readonly name = "webhooks";
  readonly #deps: WebhookSinkDeps;

  constructor(deps: WebhookSinkDeps) {
    this.#deps = deps;
  }

  /** A webhook that is gone is left out: when it is enabled again, a replay brings what it has missed. */
  async publish(event: LearningEvent): Promise<void> {
    const { disabledWebhooks, webhooks, deliverer } = this.#deps;
    const told = webhooks.toldOf(event);
    if (told.length === 0) return;
    const enabled = new Set(webhooks.enabled(await disabledWebhooks.all()));
    await deliverer.tell(
      told.filter((webhook) => enabled.has(webhook)),
      event,
    );
  }

  /** Deliveries go with the student's other data, whether there are webhooks or not. */
  async erase(): Promise<void> {}
}
