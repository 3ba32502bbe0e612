import type { Redis } from "ioredis";
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

/** A process's own view of Redis: its connections, its buffer, its cache, and what it told its operators. */
export class RedisFixture implements BufferHarness {
  readonly connection: RedisConnection;
  readonly buffer: RedisPositionBuffer;
  readonly cache: RedisCatalogCache;
  readonly missing: ProgressKey[] = [];
  readonly failures: string[] = [];
  readonly problems: (string | null)[] = [];

  private constructor(url: string, flushIntervalMs: number) {
    this.connection = new RedisConnection({ url, onProblem: (problem) => this.problems.push(problem) });
    const telemetry = {
      claimedKeyMissing: (key: ProgressKey): void => void this.missing.push(key),
      backgroundFailed: (task: string, error: unknown): void => void this.failures.push(`${task}: ${String(error)}`),
    };
    this.buffer = new RedisPositionBuffer(this.connection, { flushIntervalMs, telemetry, memory: { everyMs: 50 } });
    this.cache = new RedisCatalogCache(this.connection);
  }

  /** Connected; what is in Redis stays. */
  static async connect(
    { url }: RunningRedis,
    { flushIntervalMs = never }: { flushIntervalMs?: number } = {},
  ): Promise<RedisFixture> {
    const fixture = new RedisFixture(url, flushIntervalMs);
    await fixture.connection.ready();
    return fixture;
  }

  /** Connected to a Redis that is empty now. */
  static async openEmpty(redis: RunningRedis, options: { flushIntervalMs?: number } = {}): Promise<RedisFixture> {
    const fixture = await RedisFixture.connect(redis, options);
    await Promise.all(fixture.connection.masters().map((master) => master.flushall()));
    return fixture;
  }

  async spoil(key: ProgressKey): Promise<void> {
    await this.connection.general.set(progressKey(key), "in the way");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.buffer[Symbol.dispose]();
    await this.connection[Symbol.asyncDispose]();
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

/** Every key of one server that ought not to be as it is: dirty, a member and without a time to live are one and the same. */
export async function inconsistencies(client: Redis): Promise<string[]> {
  const found: string[] = [];
  for (const name of await client.keys("progress:*")) {
    const [, shard = "", member = ""] = /^progress:\{(\d+)\}:(.*)$/.exec(name) ?? [];
    const [user, course] = [member.slice(0, member.lastIndexOf(":")), member.slice(member.lastIndexOf(":") + 1)];
    const isMember = (await client.zscore(`dirty:{${shard}}`, member)) !== null;
    const isStarted = (await client.sismember(`started:{${shard}}:${user}`, course)) === 1;
    const isKept = (await client.pttl(name)) === -1;
    if (isMember !== isStarted || isMember !== isKept) {
      found.push(`${name}: member ${isMember}, started ${isStarted}, without time to live ${isKept}`);
    }
  }
  for (const name of await client.keys("dirty:*")) {
    for (const member of await client.zrange(name, "0", "-1")) {
      const progress = `${name.replace("dirty", "progress")}:${member}`;
      if ((await client.exists(progress)) === 0) found.push(`${progress}: dirty and missing`);
    }
  }
  return found;
}
