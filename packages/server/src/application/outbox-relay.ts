import type { Clock } from "../ports/clock.ts";
import type { Leases } from "../ports/leases.ts";
import type { ProgressStore } from "../ports/progress-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { BackgroundWork } from "./background-work.ts";
import type { Followers } from "./followers.ts";

/** A request follows its own events at once; what is older than this was left behind by a process that died. */
const leftBehindMs = 5_000;
const pollMs = 2_000;
const batchSize = 100;
/** Long enough to follow everything of one key, unless the store does not answer. */
const leaseMs = 15_000;

interface OutboxRelayDeps {
  store: ProgressStore;
  leases: Leases;
  followers: Followers;
  clock: Clock;
  telemetry: Telemetry;
}

/** Finishes what follows from an event when the process that began it could not. */
export class OutboxRelay {
  readonly #deps: OutboxRelayDeps;
  readonly #relaying: BackgroundWork;

  constructor(deps: OutboxRelayDeps) {
    this.#deps = deps;
    this.#relaying = new BackgroundWork({
      ...deps,
      task: "find events left behind",
      everyMs: pollMs,
      work: () => this.relay(),
    });
  }

  start(): void {
    this.#relaying.start();
  }

  /** Follows every event that was left behind, unless another process does. */
  async relay(): Promise<void> {
    const { store, leases, followers, clock, telemetry } = this.#deps;
    for (const key of await store.unsettled(clock.now() - leftBehindMs, batchSize)) {
      if (!(await leases.take(`outbox:${key.userId}:${key.courseId}`, leaseMs))) continue;
      try {
        await followers.settle(key, (await store.read(key)).outbox);
      } catch (error) {
        telemetry.backgroundFailed("follow events", error);
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relaying[Symbol.asyncDispose]();
  }
}
