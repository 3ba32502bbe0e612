import type { Clock } from "../../src/ports/clock.ts";
import { seeded } from "./chance.ts";

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** A clock that stands still until the test moves it, and whose chance is the same in every run. */
export class TestClock implements Clock {
  #now: number;
  readonly #chance: () => number;
  readonly #sleepers = new Set<Sleeper>();

  constructor({ now = Date.UTC(2026, 0, 15, 12), seed = 1 }: { now?: number; seed?: number } = {}) {
    this.#now = now;
    this.#chance = seeded(seed);
  }

  now(): number {
    return this.#now;
  }

  /** Sets the time, also back; wakes whoever has slept long enough. */
  set(now: number): void {
    this.#now = now;
    const due = [...this.#sleepers].filter(({ wakesAt }) => wakesAt <= now).toSorted((a, b) => a.wakesAt - b.wakesAt);
    for (const { wake } of due) wake();
  }

  advance(ms: number): void {
    this.set(this.#now + ms);
  }

  /** How many sleep just now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      this.#sleepers.delete(sleeper);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const sleeper: Sleeper = { wakesAt: this.#now + ms, wake };
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", wake, { once: true });
    return promise;
  }

  atEndOfTurn(callback: () => void): void {
    setImmediate(callback);
  }

  random(): number {
    return this.#chance();
  }
}
