import type { Clock } from "../ports/clock.ts";
import type { DeliveryStore } from "../ports/delivery-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How long operators can see what was delivered, and what never was. */
const keepDoneMs = 7 * dayMs;
const keepDeadMs = 30 * dayMs;

interface TidyingDeps {
  deliveries: DeliveryStore;
  clock: Clock;
  telemetry: Telemetry;
}

/** Keeps the store bounded: gives up what nobody delivers any more, and forgets what has ended long ago. */
export class Tidying {
  readonly #deps: TidyingDeps;
  #nextAt = 0;

  constructor(deps: TidyingDeps) {
    this.#deps = deps;
  }

  /** Once an hour, however often it is called. Never rejects. */
  async tidyNowAndThen(): Promise<void> {
    const { clock, telemetry } = this.#deps;
    if (clock.now() < this.#nextAt) return;
    this.#nextAt = clock.now() + hourMs;
    await this.tidy().catch((error: unknown) => telemetry.backgroundFailed("tidy deliveries", error));
  }

  async tidy(): Promise<void> {
    const { deliveries, clock, telemetry } = this.#deps;
    const now = clock.now();
    // Whatever still has a webhook was tried for the last time long before.
    const expired = await deliveries.expire(now - hourMs, now);
    if (expired > 0) telemetry.deliveriesExpired(expired);
    await deliveries.forget({ done: now - keepDoneMs, dead: now - keepDeadMs });
  }
}
