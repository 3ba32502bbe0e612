import type { Redis } from "ioredis";
import type { RedisConnection } from "./connection.ts";

export interface MemoryGaugeOptions {
  /** How often to look, in milliseconds. */
  readonly everyMs?: number;
}

/** Above this share of `maxmemory` players are asked to save less often. */
const crowdedShare = 0.75;
/** Above this share only keys are taken that are here already: they must have room to go on. */
const fullShare = 0.9;

/**
 * How full Redis is, of its fullest master, as it was a moment ago. Asking with every save would cost more than the save.
 * A Redis without `maxmemory` is never full.
 */
export class MemoryGauge implements Disposable {
  readonly #connection: RedisConnection;
  readonly #timer: NodeJS.Timeout;
  #share = 0;

  constructor(connection: RedisConnection, { everyMs = 1_000 }: MemoryGaugeOptions = {}) {
    this.#connection = connection;
    this.#timer = setInterval(() => void this.look(), everyMs);
    this.#timer.unref();
  }

  get isCrowded(): boolean {
    return this.#share > crowdedShare;
  }

  get isFull(): boolean {
    return this.#share > fullShare;
  }

  /** Looks now. A server that does not answer leaves the gauge where it was. */
  async look(): Promise<void> {
    const shares = await Promise.allSettled(this.#connection.masters().map(shareOf));
    const known = shares.flatMap((share) => (share.status === "fulfilled" ? [share.value] : []));
    if (known.length > 0) this.#share = Math.max(...known);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

async function shareOf(master: Redis): Promise<number> {
  const info = await master.info("memory");
  const field = (name: string): number => Number(new RegExp(`^${name}:([0-9]+)`, "m").exec(info)?.[1] ?? 0);
  const cap = field("maxmemory");
  return cap === 0 ? 0 : field("used_memory") / cap;
}
