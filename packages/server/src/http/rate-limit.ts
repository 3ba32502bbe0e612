import { LRUCache } from "lru-cache";
import type { UserId } from "../domain/ids.ts";

interface Second {
  left: number;
  /** By the monotonic clock, in milliseconds. */
  readonly endsAt: number;
}

/** Students of whom none is forgotten; who is pushed out begins a new second. */
const maxStudents = 100_000;

/** Counts the requests of each student, by seconds that begin with the first request after the last one. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #seconds = new LRUCache<UserId, Second>({ max: maxStudents });

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** False when the student has to wait, at most a second. */
  take(userId: UserId): boolean {
    const now = this.#now();
    const second = this.#seconds.get(userId);
    if (second === undefined || now >= second.endsAt) {
      this.#seconds.set(userId, { left: this.#perSecond - 1, endsAt: now + 1_000 });
      return true;
    }
    if (second.left === 0) return false;
    second.left -= 1;
    return true;
  }
}
