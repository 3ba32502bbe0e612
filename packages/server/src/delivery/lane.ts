import type { WebhookId } from "../domain/webhook.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClaimedDelivery, DeliveryStore } from "../ports/delivery-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";

/** Attempts at one webhook at the same time, by one process. */
const width = 8;
/** Longer than an attempt takes, and the store to hear of it. */
export const leaseMs = 20_000;

interface LaneDeps {
  webhookId: WebhookId;
  /** Makes one delivery, and tells the store what came of it. */
  attempt: (claim: ClaimedDelivery) => Promise<void>;
  /** Once it is aborted, nothing more is begun. */
  stopping: AbortSignal;
  deliveries: DeliveryStore;
  clock: Clock;
  telemetry: Telemetry;
}

/** The attempts at one webhook that are under way: never more than the lane is wide, each held by a lease. */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #underWay = new Set<Promise<void>>();
  #filling: Promise<void> | undefined;
  #hasMore = false;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  /**
   * Whether something new may {@link begin} at once. It may not overtake what is known to wait, nor take the room of what is
   * being claimed; what is refused waits as well, and is found when there is room.
   */
  admits(): boolean {
    if (this.#room === 0 || this.#filling !== undefined) this.#hasMore = true;
    return !this.#hasMore && !this.#deps.stopping.aborted;
  }

  /** Attempts a delivery as soon as it is claimed; undefined when somebody else has it. Never waits. */
  begin(claim: Promise<ClaimedDelivery | undefined>): void {
    const { telemetry } = this.#deps;
    const underWay = this.#attempt(claim)
      // The lease ends by itself.
      .catch((error: unknown) => telemetry.backgroundFailed("deliver", error))
      .finally(() => {
        this.#underWay.delete(underWay);
        this.#goOn();
      });
    this.#underWay.add(underWay);
  }

  /** Looks for nothing more until it is filled again. */
  rest(): void {
    this.#hasMore = false;
  }

  get #room(): number {
    return width - this.#underWay.size;
  }

  /** Begins what is due, as far as there is room; goes on by itself for as long as there is more. */
  fill(): Promise<void> {
    this.#filling ??= this.#claim().finally(() => {
      this.#filling = undefined;
      this.#goOn();
    });
    return this.#filling;
  }

  /** Resolves when no attempt is under way. */
  async idle(): Promise<void> {
    while (this.#filling !== undefined || this.#underWay.size > 0) {
      await Promise.allSettled([this.#filling, ...this.#underWay]);
    }
  }

  async #claim(): Promise<void> {
    const { webhookId, deliveries, clock, stopping } = this.#deps;
    const room = this.#room;
    if (room === 0 || stopping.aborted) return;
    this.#hasMore = false;
    const claims = await deliveries.claim(webhookId, room, { now: clock.now(), ms: leaseMs });
    if (claims.length === room) this.#hasMore = true;
    for (const claim of claims) this.begin(Promise.resolve(claim));
  }

  async #attempt(claim: Promise<ClaimedDelivery | undefined>): Promise<void> {
    const claimed = await claim;
    if (claimed !== undefined) await this.#deps.attempt(claimed);
  }

  /** Half a lane at a time: claims are worth a round trip. */
  #goOn(): void {
    const { stopping } = this.#deps;
    if (!this.#hasMore || stopping.aborted || this.#underWay.size > width / 2) return;
    this.fill().catch((error: unknown) => this.#deps.telemetry.backgroundFailed("find deliveries", error));
  }
}
