import { LRUCache } from "lru-cache";
import type { UserId } from "../domain/ids.ts";

interface Bucket {
  tokens: number;
  /** By the monotonic clock, in milliseconds. */
  refilledAt: number;
}

/** Students of whom none is forgotten; who is pushed out starts again with a full bucket. */
const maxStudents = 100_000;

/** One token bucket for each student: as many requests at once as in a second, refilled evenly. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<UserId, Bucket>({ max: maxStudents });

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** False when the student has to wait, at most a second. */
  take(userId: UserId): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(userId);
    if (bucket === undefined) {
      this.#buckets.set(userId, { tokens: this.#perSecond - 1, refilledAt: now });
      return true;
    }
    const refill = ((now - bucket.refilledAt) / 1000) * this.#perSecond;
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + refill);
    bucket.refilledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
