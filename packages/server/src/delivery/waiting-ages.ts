import type { Clock } from "../ports/clock.ts";
import type { DeliveryStore } from "../ports/delivery-store.ts";
import type { DisabledWebhooks } from "../ports/disabled-webhooks.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { patienceMs } from "./retry-policy.ts";
import type { WebhookList } from "./webhook-list.ts";

const everyMs = 10_000;

interface WaitingAgesDeps {
  deliveries: DeliveryStore;
  disabledWebhooks: DisabledWebhooks;
  webhooks: WebhookList;
  clock: Clock;
  telemetry: Telemetry;
}

/** Tells operators how long deliveries wait, webhook by webhook. For one that is disabled nothing is said to wait. */
export class WaitingAges {
  readonly #deps: WaitingAgesDeps;
  #nextAt = 0;

  constructor(deps: WaitingAgesDeps) {
    this.#deps = deps;
  }

  /** Every ten seconds, however often it is called. Never rejects. */
  async tellNowAndThen(): Promise<void> {
    const { clock, telemetry } = this.#deps;
    if (clock.now() < this.#nextAt) return;
    this.#nextAt = clock.now() + everyMs;
    await this.tell().catch((error: unknown) => telemetry.backgroundFailed("look how long deliveries wait", error));
  }

  async tell(): Promise<void> {
    const { deliveries, disabledWebhooks, webhooks, telemetry } = this.#deps;
    const enabled = webhooks.enabled(await disabledWebhooks.all()).map(({ id }) => id);
    const expiring = new Map((await deliveries.firstToExpire(enabled)).map((each) => [each.webhookId, each.expiresAt]));
    for (const { id } of webhooks.all) {
      const expiresAt = expiring.get(id);
      telemetry.oldestDelivery(id, expiresAt === undefined ? null : expiresAt - patienceMs);
    }
  }
}
