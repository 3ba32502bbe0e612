import type { Clock } from "../ports/clock.ts";

/** One who waits for an answer. */
export interface Asker<Ask, Answer> {
  readonly ask: Ask;
  readonly resolve: (answer: Answer | PromiseLike<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects what is asked for in one event-loop turn and the next, so that it can be answered by one call. The next turn takes
 * microseconds when nothing is going on; else it finds what arrived during the first. Nothing waits longer, and nothing
 * stays here after it.
 */
export class TurnBatch<Ask, Answer> {
  readonly #clock: Pick<Clock, "atEndOfTurn">;
  readonly #answer: (askers: readonly Asker<Ask, Answer>[]) => void;
  #askers: Asker<Ask, Answer>[] = [];

  /** @param answer sees to it that every asker is answered */
  constructor(clock: Pick<Clock, "atEndOfTurn">, answer: (askers: readonly Asker<Ask, Answer>[]) => void) {
    this.#clock = clock;
    this.#answer = answer;
  }

  add(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#askers.length === 0) this.#clock.atEndOfTurn(() => this.#clock.atEndOfTurn(() => this.#send()));
      this.#askers.push({ ask, resolve, reject });
    });
  }

  #send(): void {
    const askers = this.#askers;
    this.#askers = [];
    this.#answer(askers);
  }
}
