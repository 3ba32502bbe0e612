import type { LearningEvent } from "../domain/event.ts";
import type { Webhook, WebhookId } from "../domain/webhook.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClaimedDelivery, DeliveryOutcome, DeliveryStore } from "../ports/delivery-store.ts";
import type { DisabledWebhooks } from "../ports/disabled-webhooks.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Reply, WebhookSender } from "../ports/webhook-sender.ts";
import { Lane, leaseMs } from "./lane.ts";
import { afterFailure, patienceMs } from "./retry-policy.ts";
import { Tidying } from "./tidying.ts";
import { WaitingAges } from "./waiting-ages.ts";
import type { WebhookList } from "./webhook-list.ts";

/** First attempts need no poll: what it finds are retries, and what others left behind. */
const pollMs = 2_000;
/** What is under way when the process stops may take this much longer. */
const lastAttemptsMs = 3_000;

interface DelivererDeps {
  deliveries: DeliveryStore;
  disabledWebhooks: DisabledWebhooks;
  webhooks: WebhookList;
  sender: WebhookSender;
  clock: Clock;
  telemetry: Telemetry;
}

/**
 * Makes deliveries: of a new event at once, of others when they are due.
 *
 * Each webhook has a lane of its own, and nobody waits for an attempt: a webhook that hangs fills its lane and no other. An
 * attempt holds a lease: if the process dies, or the store does not hear of it, the delivery is due again when the lease
 * ends. So a webhook is told at least once, and may be told twice.
 */
export class Deliverer implements AsyncDisposable {
  readonly #deps: DelivererDeps;
  readonly #lanes = new Map<WebhookId, Lane>();
  readonly #tidying: Tidying;
  readonly #ages: WaitingAges;
  readonly #stopping = new AbortController();
  readonly #cutOff = new AbortController();
  #running: Promise<void> | undefined;

  constructor(deps: DelivererDeps) {
    this.#deps = deps;
    this.#tidying = new Tidying(deps);
    this.#ages = new WaitingAges(deps);
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /**
   * Tells webhooks of an event: makes a delivery for each, and begins those that lanes have room for, if this process
   * delivers. Resolves when all of them are kept.
   */
  async tell(webhooks: readonly Webhook[], event: LearningEvent): Promise<void> {
    const { deliveries, clock } = this.#deps;
    const now = clock.now();
    const begun = new Set(webhooks.filter(({ id }) => this.#running !== undefined && this.#laneOf(id).admits()));
    const adding = deliveries.add(
      webhooks.map((webhook) => {
        const isLeased = begun.has(webhook);
        return {
          event,
          webhookId: webhook.id,
          dueAt: isLeased ? now + leaseMs : now,
          expiresAt: now + patienceMs,
          isLeased,
        };
      }),
    );
    // Nothing is attempted that is not known to be kept.
    const claims = adding.catch(() => []);
    for (const { id } of begun) {
      this.#laneOf(id).begin(claims.then((own) => own.find(({ webhookId }) => webhookId === id)));
    }
    await adding;
  }

  /** Begins what is due, as far as the lanes have room. */
  async deliverDue(): Promise<void> {
    const { disabledWebhooks, webhooks } = this.#deps;
    if (webhooks.all.length === 0) return;
    const lanes = webhooks.enabled(await disabledWebhooks.all()).map(({ id }) => this.#laneOf(id));
    await Promise.all(lanes.map((lane) => lane.fill()));
  }

  /** Resolves when no attempt is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.idle()));
  }

  /** Begins nothing more, and gives what is under way a moment. What is cut off is due again at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    const isIdle = new AbortController();
    const idle = this.idle().finally(() => isIdle.abort());
    await this.#deps.clock.sleep(lastAttemptsMs, isIdle.signal);
    this.#cutOff.abort();
    await idle;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, telemetry } = this.#deps;
    while (!signal.aborted) {
      await this.deliverDue().catch((error: unknown) => telemetry.backgroundFailed("find deliveries", error));
      await this.#tidying.tidyNowAndThen();
      await this.#ages.tellNowAndThen();
      await clock.sleep(pollMs, signal);
    }
  }

  #laneOf(webhookId: WebhookId): Lane {
    const existing = this.#lanes.get(webhookId);
    if (existing !== undefined) return existing;
    const attempt = (claim: ClaimedDelivery): Promise<void> => this.#attempt(claim);
    const lane = new Lane({ ...this.#deps, webhookId, attempt, stopping: this.#stopping.signal });
    this.#lanes.set(webhookId, lane);
    return lane;
  }

  async #attempt(claim: ClaimedDelivery): Promise<void> {
    const { deliveries, webhooks, sender, clock, telemetry } = this.#deps;
    const webhook = webhooks.find(claim.webhookId);
    // It was taken off the list meanwhile, and what is given back would be claimed again and again.
    if (webhook === undefined) {
      await deliveries.settle(claim, { status: "released", dueAt: clock.now() });
      return this.#laneOf(claim.webhookId).rest();
    }
    const reply = await sender.send(webhook, claim.event, this.#cutOff.signal);
    const outcome = this.#outcomeOf(claim, reply);
    const isGone = reply.status === "gone";
    if (isGone) await this.#disable(webhook, reply.reason);
    await deliveries.settle(claim, outcome);
    if (isGone) this.#laneOf(webhook.id).rest();
    telemetry.deliveryAttempted(claim, outcome, isGone);
  }

  #outcomeOf(claim: ClaimedDelivery, reply: Reply): DeliveryOutcome {
    const { clock } = this.#deps;
    if (reply.status === "accepted") return { status: "done", at: clock.now() };
    if (this.#cutOff.signal.aborted) return { status: "released", dueAt: clock.now() };
    return afterFailure(claim, reply, { now: clock.now(), random: clock.random() });
  }

  async #disable({ id, url }: Webhook, reason: string): Promise<void> {
    const { disabledWebhooks, clock, telemetry } = this.#deps;
    await disabledWebhooks.add({ webhookId: id, url, at: clock.now() });
    telemetry.webhookDisabled(id, reason);
  }
}
