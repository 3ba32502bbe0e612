import type { UserId } from "../domain/ids.ts";

/**
 * Runs the tasks of one student one after another, those of different students side by side. It saves compare-and-set races
 * inside this process, and keeps an erasure from overtaking what follows from a completion; other processes are still met
 * by the compare-and-set.
 */
export class OneAtATime {
  readonly #last = new Map<UserId, Promise<unknown>>();

  run<T>(userId: UserId, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(userId) ?? Promise.resolve();
    const result = before.then(task, task);
    this.#last.set(userId, result);
    const forget = () => {
      if (this.#last.get(userId) === result) this.#last.delete(userId);
    };
    result.then(forget, forget);
    return result;
  }
}
