import { setImmediate } from "node:timers/promises";

/** Time that passes only when a test says so. `sleep` is a closed laptop: the wall clock runs, the monotonic one does not. */
export class FakeClock {
  monotonicMs = 1_000;
  wallMs = 1_790_000_000_000;
  #timers = new Map<number, { at: number; run: () => void }>();
  #lastTimer = 0;

  readonly setTimeout = (run: () => void, delayMs = 0): number => {
    this.#timers.set(++this.#lastTimer, { at: this.monotonicMs + Math.max(0, delayMs), run });
    return this.#lastTimer;
  };

  readonly clearTimeout = (timer: number | undefined): void => {
    if (timer !== undefined) this.#timers.delete(timer);
  };

  /** Runs every timer that falls due on the way, in order, and what they promised. */
  async advance(ms: number): Promise<void> {
    const end = this.monotonicMs + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [timer, { at, run }] = next;
      this.#timers.delete(timer);
      this.#passTo(at);
      run();
      await settle();
    }
    this.#passTo(end);
  }

  sleep(ms: number): void {
    this.wallMs += ms;
  }

  #passTo(monotonicMs: number): void {
    this.wallMs += monotonicMs - this.monotonicMs;
    this.monotonicMs = monotonicMs;
  }

  #next(end: number): [number, { at: number; run: () => void }] | undefined {
    const due = [...this.#timers].filter(([, { at }]) => at <= end);
    return due.toSorted(([, a], [, b]) => a.at - b.at)[0];
  }
}

/** Lets everything run that waits for promises only. */
async function settle(): Promise<void> {
  await setImmediate();
}
