import { ProgressError } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * As long as three attempts at a store that does not answer: behind such attempts a line only grows. Long enough for hundreds
 * of requests of one student that a busy store does answer.
 */
const patienceMs = 15_000;

/**
 * Runs the tasks of one student one after another, those of different students side by side. It saves compare-and-set races
 * inside this process, and keeps an erasure from overtaking what follows from a completion; other processes are still met
 * by the compare-and-set.
 */
export class OneAtATime {
  readonly #clock: Pick<Clock, "now">;
  readonly #last = new Map<UserId, Promise<unknown>>();
  readonly #underWay = new Map<UserId, Promise<unknown>>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** @throws ProgressError `busy` when its turn comes too late: then the task was not begun */
  run<T>(userId: UserId, task: () => Promise<T>): Promise<T> {
    const askedAt = this.#clock.now();
    const before = this.#last.get(userId) ?? Promise.resolve();
    const begin = (): Promise<T> => {
      if (this.#clock.now() - askedAt > patienceMs) throw waitedTooLong();
      const work = task();
      this.#underWay.set(userId, work);
      return work;
    };
    const result = before.then(begin, begin);
    this.#last.set(userId, result);
    const forget = () => {
      this.#underWay.delete(userId);
      if (this.#last.get(userId) === result) this.#last.delete(userId);
    };
    result.then(forget, forget);
    return result;
  }

  /** Resolves when the task of the student that is under way, if there is one, has ended, however it ended. */
  async ended(userId: UserId): Promise<void> {
    await Promise.allSettled([this.#underWay.get(userId)]);
  }
}

function waitedTooLong(): ProgressError {
  return new ProgressError("busy", "Earlier requests of the same student are still under way: try again in a moment.");
}
