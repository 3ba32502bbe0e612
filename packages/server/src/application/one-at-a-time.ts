import type { UserId } from "../domain/ids.ts";

/**
 * Runs the tasks of one student one after another, those of different students side by side. It saves compare-and-set races
 * inside this process, and keeps an erasure from overtaking what follows from a completion; other processes are still met
 * by the compare-and-set.
 */
export class OneAtATime {
  readonly #last = new Map<UserId, Promise<unknown>>();
  readonly #underWay = new Map<UserId, Promise<unknown>>();

  run<T>(userId: UserId, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(userId) ?? Promise.resolve();
    const begin = (): Promise<T> => {
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
