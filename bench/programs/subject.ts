import type { Redis } from "ioredis";
import type { Collection, Document } from "mongodb";
import { Production } from "../../packages/server/test/support/production.ts";
import { type Contender, startBaseline, startProduction } from "./contenders.ts";

export const subjectNames = ["upsert-per-save", "dirty-set", "production"] as const;

/** Where each keeps what it buffers, and what it stores. */
const places = {
  "upsert-per-save": { redisDatabase: 1, database: "upsert_per_save", collection: "progresses" },
  "dirty-set": { redisDatabase: 1, database: "dirty_set", collection: "progresses" },
  production: { redisDatabase: 0, database: "progress", collection: "progress" },
} as const;

/** @param owner what ends it */
type Start = (owner: AsyncDisposableStack) => Promise<Contender>;

/** A service with stores of its own that faults can happen to. */
export class Subject implements AsyncDisposable {
  readonly name: (typeof subjectNames)[number];
  readonly stores: Production;
  readonly #stack: AsyncDisposableStack;
  readonly #start: Start;
  readonly #progress: Collection;
  #contender: Contender;
  #client: Redis | undefined;

  private constructor(
    name: (typeof subjectNames)[number],
    parts: { stack: AsyncDisposableStack; stores: Production; progress: Collection; start: Start },
    contender: Contender,
  ) {
    this.name = name;
    this.stores = parts.stores;
    this.#stack = parts.stack;
    this.#start = parts.start;
    this.#progress = parts.progress;
    this.#contender = contender;
  }

  static async start(
    name: (typeof subjectNames)[number],
    { flushIntervalMs, writePatienceMs }: { flushIntervalMs: number; writePatienceMs: number },
  ): Promise<Subject> {
    await using stack = new AsyncDisposableStack();
    const stores = stack.use(await Production.start());
    const { database, collection } = places[name];
    const settings = { FLUSH_INTERVAL_MS: String(flushIntervalMs) };
    const impatient = { MONGODB_URL: stores.mongodb.url(database, `serverSelectionTimeoutMS=${writePatienceMs}`) };
    const start: Start = (owner) =>
      name === "production"
        ? startProduction(stores, settings)
        : startBaseline(owner, name, stores, { ...settings, ...impatient });
    const contender = await start(stack);
    const client = (await stores.database()).client;
    const progress = client.db(database).collection(collection);
    return new Subject(name, { stack: stack.move(), stores, progress, start }, contender);
  }

  get url(): string {
    return this.#contender.url;
  }

  /** The process dies at once, and another is started. */
  async killAndRestart(): Promise<void> {
    process.kill(this.#contender.pids["service"] ?? NaN, "SIGKILL");
    this.#contender = await this.#start(this.#stack);
  }

  /** What MongoDB has of these students, in seconds of their only lecture. */
  async stored(students: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await this.#progress.find({ userId: { $in: [...students] } }).toArray();
    return new Map(found.map((document) => [String(document["userId"]), secondsOf(document)]));
  }

  /** How many keys wait in Redis to be flushed. */
  async dirtyKeys(): Promise<number> {
    const redis = await this.#redis();
    const sets = await redis.keys("dirty:*");
    const sizes = await Promise.all([redis.scard("progress:dirty"), ...sets.map((set) => redis.zcard(set))]);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** What has a time to live in Redis is gone. */
  async letADayPass(): Promise<void> {
    const redis = await this.#redis();
    const keys = await redis.keys("*");
    const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
    const mortal = keys.filter((_key, index) => (lives[index] ?? -1) > 0);
    if (mortal.length > 0) await redis.del(...mortal);
  }

  async #redis(): Promise<Redis> {
    this.#client ??= this.stores.redis.client();
    await this.#client.select(places[this.name].redisDatabase);
    return this.#client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function secondsOf({ watchTimes }: Document): number {
  const [position] = Object.values((watchTimes ?? {}) as Record<string, number | { seconds: number }>);
  return typeof position === "object" ? position.seconds : (position ?? NaN);
}
