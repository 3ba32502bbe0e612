/**
 * What time it is for Redis, as far as this process can tell without asking; each group of shards (one server, or a shard
 * of a Cluster) has its own clock.
 *
 * An answer that carries Redis' time says that its clock is ahead of ours by something between (its time - when the answer
 * came) and (its time - when the question left). The estimate is moved into that range and no further, so one slow answer
 * spoils nothing and a clock that was set is followed with the first answer.
 */
export class RedisTime {
  readonly #aheadBy = new Map<number, number>();
  /** For a group that has not answered yet: what another one said. */
  #lastAheadBy = Number.NEGATIVE_INFINITY;

  /** The instant after which a call that leaves now must do nothing. Before any answer it is long past. */
  deadline(group: number, timeoutMs: number): number {
    const aheadBy = this.#aheadBy.get(group) ?? this.#lastAheadBy;
    return aheadBy === Number.NEGATIVE_INFINITY ? 0 : Math.round(performance.now() + aheadBy + timeoutMs);
  }

  /** @param sentAt `performance.now()` when the question left */
  learn(group: number, redisNow: number, sentAt: number): void {
    const least = redisNow - performance.now();
    // Redis tells whole milliseconds, rounded down.
    const most = redisNow + 1 - sentAt;
    const aheadBy = Math.min(Math.max(this.#aheadBy.get(group) ?? this.#lastAheadBy, least), most);
    this.#aheadBy.set(group, aheadBy);
    this.#lastAheadBy = aheadBy;
  }
}
