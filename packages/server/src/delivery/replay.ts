import type { LearningEvent } from "../domain/event.ts";
import type { Webhook } from "../domain/webhook.ts";
import type { Clock } from "../ports/clock.ts";
import type { DeliveryStore } from "../ports/delivery-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import { patienceMs } from "./retry-policy.ts";

const pageSize = 200;

interface ReplayDeps {
  log: EventLog;
  deliveries: DeliveryStore;
  clock: Clock;
}

/** What a replay has come to, in events looked at and deliveries made due. */
export interface Replayed {
  readonly events: number;
  readonly deliveries: number;
}

/** Tells webhooks again what has happened, also what they were told before. */
export class Replay {
  readonly #deps: ReplayDeps;

  constructor(deps: ReplayDeps) {
    this.#deps = deps;
  }

  /** Makes a delivery due for every kept event since the instant and each of these webhooks that is told of its type. */
  async run(
    webhooks: readonly Webhook[],
    since: number,
    onProgress: (soFar: Replayed) => void = () => undefined,
  ): Promise<Replayed> {
    const { log, deliveries, clock } = this.#deps;
    let replayed: Replayed = { events: 0, deliveries: 0 };
    let last: LearningEvent | null = null;
    for (;;) {
      const page: LearningEvent[] = await log.since(since, last, pageSize);
      const dueAt = clock.now();
      const again = page.flatMap((event) =>
        webhooks
          .filter(({ types }) => types.has(event.type))
          .map(({ id }) => ({ event, webhookId: id, dueAt, expiresAt: dueAt + patienceMs })),
      );
      await deliveries.addAgain(again);
      replayed = { events: replayed.events + page.length, deliveries: replayed.deliveries + again.length };
      onProgress(replayed);
      last = page.at(-1) ?? null;
      if (page.length < pageSize) return replayed;
    }
  }
}
