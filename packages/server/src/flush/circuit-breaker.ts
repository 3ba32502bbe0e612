import type { Clock } from "../ports/clock.ts";

const firstPauseMs = 1_000;
const maxPauseMs = 30_000;

/**
 * Keeps a flusher from hammering a store that does not answer.
 *
 * Closed: everything goes. Open: nothing goes until `retryAt`. Half open: after `retryAt` a small probe goes; its success
 * closes the breaker, its failure opens it for longer. Pauses grow from 1 s to 30 s with full jitter, so that the processes
 * of a fleet do not come back together.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  #failures = 0;
  #retryAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): "closed" | "open" | "half-open" {
    if (this.#failures === 0) return "closed";
    return this.#clock.now() < this.#retryAt ? "open" : "half-open";
  }

  /** @returns whether this closed an open breaker */
  succeeded(): boolean {
    const wasOpen = this.#failures > 0;
    this.#failures = 0;
    return wasOpen;
  }

  /** @returns how long the breaker stays open, in milliseconds */
  failed(): number {
    const longest = Math.min(maxPauseMs, firstPauseMs * 2 ** this.#failures);
    const pauseMs = Math.ceil(this.#clock.random() * longest);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#retryAt = this.#clock.now() + pauseMs;
    return pauseMs;
  }
}
