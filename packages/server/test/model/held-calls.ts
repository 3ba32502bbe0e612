import { setImmediate as endOfTurn } from "node:timers/promises";

interface Call<Answer> {
  /** Does what was asked for, or only a part of it. */
  readonly apply: (share: number) => Promise<Answer>;
  /** What the caller is told when nobody knows what became of it; may throw. */
  readonly inDoubt: () => Answer;
}

interface HeldCall {
  readonly caller: string;
  readonly apply: (share: number) => Promise<void>;
  readonly answer: () => void;
  readonly doubt: () => void;
  isApplied: boolean;
  /** False once the caller has given up or died; what it asked for may still be done. */
  isAwaited: boolean;
}

/**
 * The way between callers and what they call, in the test's hand: a call waits there until it is let through, its answer
 * waits again, and either may be lost, or come when nobody waits for it any more.
 */
export class HeldCalls {
  #calls: HeldCall[] = [];

  /** How many calls and answers are on their way. */
  get size(): number {
    return this.#calls.length;
  }

  hold<Answer>(caller: string, { apply, inDoubt }: Call<Answer>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    let outcome: Promise<Answer> | undefined;
    this.#calls.push({
      caller,
      apply: async (share) => {
        outcome = apply(share);
        // Whoever waits hears of a failure; nobody may be waiting.
        await outcome.catch(() => undefined);
      },
      answer: () => void outcome?.then(resolve, reject),
      doubt: () => {
        try {
          resolve(inDoubt());
        } catch (error) {
          reject(error);
        }
      },
      isApplied: false,
      isAwaited: true,
    });
    return promise;
  }

  /** Lets a call through, or an answer. @param share of what a call asks for that is done, 0..1 */
  async advance(pick: number, share = 1): Promise<void> {
    const call = this.#at(pick);
    if (call === undefined) return;
    if (!call.isApplied) {
      call.isApplied = true;
      await call.apply(share);
      if (!call.isAwaited) this.#remove(call);
    } else {
      call.answer();
      this.#remove(call);
    }
    await endOfTurn();
  }

  /** The caller waits no longer. A call that is on its way stays there. */
  async giveUp(pick: number): Promise<void> {
    const call = this.#at(pick);
    if (call === undefined) return;
    if (call.isAwaited) call.doubt();
    call.isAwaited = false;
    if (call.isApplied) this.#remove(call);
    await endOfTurn();
  }

  /** The call, or the answer, never arrives. */
  async lose(pick: number): Promise<void> {
    const call = this.#at(pick);
    if (call === undefined) return;
    if (call.isAwaited) call.doubt();
    this.#remove(call);
    await endOfTurn();
  }

  /** Nobody waits for this caller's answers any more; nor does the caller go on. */
  abandon(caller: string): void {
    for (const call of this.#calls) if (call.caller === caller) call.isAwaited = false;
    this.#calls = this.#calls.filter(({ isApplied, isAwaited }) => isAwaited || !isApplied);
  }

  /** Lets everything through, and whatever that sets off. */
  async advanceAll(): Promise<void> {
    while (this.size > 0) await this.advance(0);
    await endOfTurn();
  }

  #at(pick: number): HeldCall | undefined {
    return this.#calls[pick % (this.size || 1)];
  }

  #remove(gone: HeldCall): void {
    this.#calls = this.#calls.filter((call) => call !== gone);
  }
}
