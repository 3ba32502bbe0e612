import type { Clock } from "../ports/clock.ts";
import type { ProgressStore } from "../ports/progress-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Followers } from "./followers.ts";

/** A request follows its own events at once; what is older than this was left behind by a process that died. */
const leftBehindMs = 5_000;
const pollMs = 2_000;
const batchSize = 100;

/** Finishes what follows from an event when the process that began it could not. */
export class OutboxRelay {
  readonly #deps: { store: ProgressStore; followers: Followers; clock: Clock; telemetry: Telemetry };
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(deps: { store: ProgressStore; followers: Followers; clock: Clock; telemetry: Telemetry }) {
    this.#deps = deps;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Follows every event that was left behind. */
  async relay(): Promise<void> {
    const { store, followers, clock, telemetry } = this.#deps;
    for (const key of await store.unsettled(clock.now() - leftBehindMs, batchSize)) {
      try {
        await followers.settle(key);
      } catch (error) {
        telemetry.backgroundFailed("follow events", error);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, telemetry } = this.#deps;
    while (!signal.aborted) {
      await this.relay().catch((error: unknown) => telemetry.backgroundFailed("find events left behind", error));
      await clock.sleep(pollMs, signal);
    }
  }
}
