import type { Stores } from "../../ports/stores.ts";
import { RedisPositionBuffer, type RedisPositionBufferOptions } from "./buffer.ts";
import { RedisCatalogCache } from "./catalog.ts";
import { RedisConnection } from "./connection.ts";
import { type EventStreamOptions, RedisEventStream } from "./event-stream.ts";
import { RedisLeases } from "./leases.ts";
import { RedisHealth, type RedisHealthOptions } from "./health.ts";

/** The buffer, the catalog's cache and the leases, over one Redis. */
export interface RedisStores extends Pick<
  Stores,
  "buffer" | "cache" | "leases" | "sinks" | "health" | typeof Symbol.asyncDispose
> {
  /** Resolves when Redis is connected, or after so long. */
  connected(withinMs: number): Promise<void>;
}

export interface RedisStoresOptions extends RedisPositionBufferOptions, RedisHealthOptions {
  /** Told what is wrong whenever that changes, and null when all is well again. */
  readonly onProblem: (problem: string | null) => void;
  /** Where events go; null: nowhere. */
  readonly eventStream: EventStreamOptions | null;
}

/**
 * Answers at once, whether Redis can be reached or not: `health` tells.
 * @throws RedisUrlError
 */
export function openRedisStores(url: string, options: RedisStoresOptions): RedisStores {
  const connection = new RedisConnection({ url, onProblem: options.onProblem });
  const health = new RedisHealth(connection, options);
  const buffer = new RedisPositionBuffer(connection, options);
  return {
    buffer,
    cache: new RedisCatalogCache(connection),
    leases: new RedisLeases(connection),
    sinks: options.eventStream === null ? [] : [new RedisEventStream(connection, options.eventStream)],
    async connected(withinMs) {
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, withinMs);
      await Promise.race([connection.ready(), patience.promise]);
      clearTimeout(timer);
    },
    health: async () => ({ redis: await health.checked() }),
    async [Symbol.asyncDispose]() {
      health[Symbol.dispose]();
      buffer[Symbol.dispose]();
      await connection[Symbol.asyncDispose]();
    },
  };
}
