import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { HttpWebhookSender } from "../../src/adapters/webhooks/sender.ts";
import { type Core, createCore } from "../../src/core.ts";
import { WebhookList } from "../../src/delivery/webhook-list.ts";
import { courseCompleted, eventTypes, type LearningEvent, lectureCompleted } from "../../src/domain/event.ts";
import type { Webhook, WebhookId } from "../../src/domain/webhook.ts";
import type { Deliverer } from "../../src/delivery/deliverer.ts";
import type { DeliveryRecord } from "../../src/ports/delivery-store.ts";
import type { Stores } from "../../src/ports/stores.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { momentAt } from "../contracts/store-fixture.ts";
import { silent } from "../properties/workbench.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { someSecret } from "../support/receiver.ts";
import { TestClock } from "../support/test-clock.ts";

/** The part of the service that tells webhooks, over a store in memory, with a clock to turn and real requests. */
export class DeliveryRig implements AsyncDisposable {
  readonly clock: TestClock = new TestClock();
  readonly stores: Stores;
  readonly core: Core;
  readonly deliverer: Deliverer;
  readonly webhooks: WebhookList;
  readonly #key = { userId: someUser(), courseId: course("algebra") };
  readonly #attemptedAt: number[] = [];
  #events = 0;

  constructor(webhooks: readonly Webhook[], telemetry: Telemetry = silent) {
    const options = { clock: this.clock, flushIntervalMs: 60_000 };
    this.stores = openEmbeddedStores(":memory:", options);
    this.webhooks = new WebhookList(webhooks);
    const sender = new HttpWebhookSender();
    this.core = createCore(this.stores, {
      ...options,
      telemetry: { ...telemetry, deliveryAttempted: () => void this.#attemptedAt.push(this.clock.now()) },
      defaultTimeZone: "UTC",
      streakCounts: "completion",
      achievements: [],
      delivery: { webhooks: this.webhooks, sender },
    });
    this.deliverer = this.core.deliverer!;
  }

  /** Publishes so many events more, and waits until they are on their way, unless they never will be. */
  async publish(
    count: number,
    type: "lecture.completed" | "course.completed" = "lecture.completed",
    { areTaken = true }: { areTaken?: boolean } = {},
  ): Promise<LearningEvent[]> {
    const events = Array.from({ length: count }, (): LearningEvent => {
      this.#events++;
      const moment = momentAt(this.clock.now());
      if (type === "course.completed") return courseCompleted(this.#key, moment, this.#events);
      return lectureCompleted(this.#key, moment, lecture(`l${this.#events}`), 1);
    });
    for (const event of events) await this.core.publisher.publish(event);
    if (areTaken) await this.untilTaken();
    return events;
  }

  /** Resolves when no event waits for its deliveries. */
  async untilTaken(): Promise<void> {
    while ((await this.stores.log.waiting("webhooks", Infinity, 1)).length > 0) await Promise.resolve();
  }

  /** Makes what is due now, and waits for the answers. */
  async deliver(): Promise<void> {
    await this.deliverer.deliverDue();
    await this.deliverer.idle();
  }

  /** Turns the clock to whenever something is due, up to the instant, and delivers it. @returns when attempts were made */
  async deliverUntil(instant: number): Promise<number[]> {
    const earlier = this.#attemptedAt.length;
    for (;;) {
      await this.deliver();
      const next = (await this.list("waiting")).find(({ at }) => at > this.clock.now());
      if (next === undefined || next.at > instant) break;
      this.clock.set(next.at);
    }
    this.clock.set(instant);
    return this.#attemptedAt.slice(earlier);
  }

  list(status: DeliveryRecord["status"]): Promise<DeliveryRecord[]> {
    return this.stores.deliveries.list({ status }, 1_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.core.publisher[Symbol.asyncDispose]();
    await this.deliverer[Symbol.asyncDispose]();
    await this.stores[Symbol.asyncDispose]();
  }
}

export function webhookAt(url: string, name = "crm", other: Partial<Webhook> = {}): Webhook {
  const id = name as WebhookId;
  return { id, url, secrets: [someSecret()], types: new Set(eventTypes), allowPrivateNetwork: false, ...other };
}
