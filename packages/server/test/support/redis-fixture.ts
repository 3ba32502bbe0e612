import { RedisPositionBuffer } from "../../src/adapters/redis/buffer.ts";
import { RedisCatalogCache } from "../../src/adapters/redis/catalog.ts";
import { RedisConnection } from "../../src/adapters/redis/connection.ts";
import { progressKey } from "../../src/adapters/redis/keys.ts";
import { EmbeddedCatalog } from "../../src/adapters/embedded/catalog.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { openDataFile } from "../adapters/data-file.ts";
import type { BufferHarness } from "../contracts/buffer-fixture.ts";
import { never } from "../contracts/buffer-fixture.ts";
import type { CacheHarness } from "../contracts/catalog-cache.ts";

/** What tests need of a server or a Cluster. */
export interface RunningRedis {
  readonly url: string;
}

interface RedisFixtureOptions {
  readonly flushIntervalMs?: number;
  readonly memoryEveryMs?: number;
}

/** A process's own view of Redis: its connections, its buffer, its cache, and what it told its operators. */
export class RedisFixture implements BufferHarness {
  readonly connection: RedisConnection;
  readonly buffer: RedisPositionBuffer;
  readonly cache: RedisCatalogCache;
  readonly missing: ProgressKey[] = [];
  readonly failures: string[] = [];
  readonly problems: (string | null)[] = [];

  private constructor(url: string, { flushIntervalMs = never, memoryEveryMs = 50 }: RedisFixtureOptions = {}) {
    this.connection = new RedisConnection({ url, onProblem: (problem) => this.problems.push(problem) });
    const telemetry = {
      claimedKeyMissing: (key: ProgressKey): void => void this.missing.push(key),
      backgroundFailed: (task: string, error: unknown): void => void this.failures.push(`${task}: ${String(error)}`),
    };
    this.buffer = new RedisPositionBuffer(this.connection, {
      flushIntervalMs,
      telemetry,
      memory: { everyMs: memoryEveryMs },
    });
    this.cache = new RedisCatalogCache(this.connection);
  }

  /** Connected; what is in Redis stays. */
  static connect({ url }: RunningRedis, options: RedisFixtureOptions = {}): Promise<RedisFixture> {
    return new RedisFixture(url, options).#prepare((connection) => connection.ready());
  }

  /** Not connected yet, perhaps never. */
  static async begin({ url }: RunningRedis): Promise<RedisFixture> {
    return new RedisFixture(url);
  }

  /** Connected to a Redis that is empty now. */
  static openEmpty({ url }: RunningRedis, options: RedisFixtureOptions = {}): Promise<RedisFixture> {
    return new RedisFixture(url, options).#prepare(async (connection) => {
      await connection.ready();
      await Promise.all(connection.masters().map((master) => master.flushall()));
    });
  }

  async spoil(key: ProgressKey): Promise<void> {
    await this.connection.general.set(progressKey(key), "in the way");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.buffer[Symbol.dispose]();
    await this.connection[Symbol.asyncDispose]();
  }

  /** A connection that nobody got would keep the process of the tests from ending. */
  async #prepare(prepare: (connection: RedisConnection) => Promise<unknown>): Promise<this> {
    try {
      await prepare(this.connection);
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** The cache in Redis before a catalog in a file. */
export async function openCache(redis: RunningRedis): Promise<CacheHarness> {
  const fixture = await RedisFixture.openEmpty(redis);
  const { database, dispose } = await openDataFile();
  return {
    cache: fixture.cache,
    catalog: new EmbeddedCatalog(database),
    [Symbol.asyncDispose]: async () => {
      await fixture[Symbol.asyncDispose]();
      await dispose();
    },
  };
}
