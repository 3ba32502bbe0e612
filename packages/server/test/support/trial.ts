import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { type Db, MongoClient } from "mongodb";
import { History } from "./history.ts";
import {
  type FoundCompletions,
  joined,
  placeOf,
  type Positions,
  wrongCompletions,
  wrongPositions,
  wrongSteps,
} from "./history-check.ts";
import { Client } from "./process-client.ts";
import { until } from "./process-waiting.ts";
import { dirtyCount, endWaiting, inconsistencies, makeAllDirty } from "./redis-invariants.ts";
import { bufferedPositions, storedCompletions, storedPositions } from "./stored.ts";

interface Port {
  readonly port: number;
}

interface Stores {
  readonly redis: Port | { readonly masters: readonly Port[] };
  readonly mongodb: Port;
}

/** How often the stores are looked at. */
const lookEveryMs = 100;
/** After an outage a flusher may wait for 30 s before it tries again. */
const patiently = { withinMs: 60_000 } as const;
/** More answers than these say nothing more. */
const readersAtEnd = 50;

/** What a student is told, once the process has noticed that its stores are back: each of its connections may take a moment. */
export async function progressAgain(client: Client, courseId: string): ReturnType<Client["progress"]> {
  const isRead = async (): Promise<boolean> => (await client.ask("GET", `/api/v1/progress/${courseId}`)).status === 200;
  await until("progress is read", isRead, patiently);
  return client.progress(courseId);
}

/**
 * A history under test, and the watch that is kept over both stores while it is made: at every look each acknowledged save is in
 * one of them, every value was sent, stamps never go back, and Redis' keys hang together. Looks that a fault prevents are
 * left out; what was wrong is told by {@link verdict}.
 */
export class Trial implements AsyncDisposable {
  readonly history: History = new History();
  readonly masters: readonly Redis[];
  readonly database: Db;
  /** How often both stores could be looked at. */
  looks = 0;
  readonly #client: MongoClient;
  readonly #problems = new Set<string>();
  readonly #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  #last: { buffer: Positions; store: Positions } = { buffer: new Map(), store: new Map() };

  readonly #isJudged: (userId: string) => boolean;

  private constructor({ redis, mongodb }: Stores, isJudged: (userId: string) => boolean) {
    this.#isJudged = isJudged;
    const servers = "masters" in redis ? redis.masters : [redis];
    const now = { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 2_000 };
    this.masters = servers.map(({ port }) => new Redis(port, "127.0.0.1", { ...now, retryStrategy: () => 50 }));
    for (const master of this.masters) master.on("error", () => undefined);
    const soon = { serverSelectionTimeoutMS: 1_000, socketTimeoutMS: 2_000, retryReads: false };
    this.#client = new MongoClient(`mongodb://127.0.0.1:${mongodb.port}/progress`, soon);
    this.database = this.#client.db();
  }

  /**
   * Begins with empty stores; courses stay.
   * @param isJudged which students are; others are somebody else's concern
   */
  static async begin(stores: Stores, isJudged: (userId: string) => boolean = () => true): Promise<Trial> {
    const trial = new Trial(stores, isJudged);
    await until("Redis can be looked at", () => trial.masters.every(({ status }) => status === "ready"), patiently);
    await Promise.all(trial.masters.map((master) => master.flushall()));
    const emptied = ["progress", "activities", "users", "events", "erasures"];
    await Promise.all(emptied.map((name) => trial.database.collection(name).deleteMany()));
    trial.#watching = trial.#watch();
    return trial;
  }

  /** Resolves when both stores have been looked at from now on. */
  async looked(): Promise<void> {
    // The look under way began earlier.
    const enough = this.looks + 2;
    await until("the stores have been looked at", () => this.looks >= enough, patiently);
  }

  /** A look at the store alone. */
  async stored(): Promise<Positions> {
    return this.#concerning(await storedPositions(this.database));
  }

  /**
   * The buffer is about to lose what it has; the loss table says how much that may be. What the store has not got is not
   * asked for any more, and the buffer may show older positions again.
   * @returns how many acknowledged saves are given up
   */
  async forgive(): Promise<number> {
    const stored = await this.stored();
    this.#last = { buffer: new Map(), store: stored };
    return this.history.forgive((save) => stored.has(placeOf(save)));
  }

  /**
   * Waits until everything is flushed and followed, and finds it: in the store, by asking the service, and still so after all is
   * flushed once more.
   * @param lectures how many lectures each course has
   */
  async verdict(service: { url: string }, lectures: (courseId: string) => number = () => Infinity): Promise<void> {
    await this.#flush(() => endWaiting(this.masters));
    await until("everything has been followed", () => this.#isFollowed(), patiently);
    await this.#stop();
    assert.ok(this.looks > 0, "the stores were never looked at");
    const { saves, completions } = this.history;
    const stored = await this.stored();
    this.#note("in the store", wrongPositions(saves, stored));
    this.#note("completed", wrongCompletions(completions, await this.#completed(), lectures));
    this.#note("in Redis", await inconsistencies(this.masters));
    this.#note("asked for", await this.#wrongAnswers(service, stored));
    const before = await this.#everything();
    await this.#flush(() => makeAllDirty(this.masters));
    if (!isDeepStrictEqual(await this.#everything(), before)) this.#note("flushed again", ["changed something"]);
    assert.deepEqual([...this.#problems].slice(0, 10), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    for (const master of this.masters) master.disconnect();
    await this.#client.close();
  }

  #concerning(positions: Positions): Positions {
    return new Map([...positions].filter(([place]) => this.#isJudged(place.slice(0, place.indexOf(" ")))));
  }

  async #completed(): Promise<Map<string, FoundCompletions>> {
    const completions = await storedCompletions(this.database);
    return new Map([...completions].filter(([userId]) => this.#isJudged(userId)));
  }

  #note(where: string, problems: readonly string[]): void {
    for (const problem of problems) this.#problems.add(`${where}: ${problem}`);
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // A store that is away is what this is about.
      await this.#look().catch(() => undefined);
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const last = this.#last;
    const at = performance.now();
    // What leaves the buffer is in the store before: the other way round it could be missed in both.
    const buffer = this.#concerning(await bufferedPositions(this.masters));
    const store = await this.stored();
    const wrong = await inconsistencies(this.masters);
    if (this.#last !== last) return;
    this.#last = { buffer, store };
    this.looks++;
    this.#note("meanwhile", wrongPositions(this.history.saves, joined(buffer, store), at));
    this.#note("meanwhile, in the buffer", wrongSteps(last.buffer, buffer));
    this.#note("meanwhile, in the store", wrongSteps(last.store, store));
    this.#note("meanwhile, in Redis", wrong);
  }

  async #flush(begin: () => Promise<number>): Promise<void> {
    await until(
      "keys can be made due",
      () =>
        begin().then(
          () => true,
          () => false,
        ),
      patiently,
    );
    await until("everything is flushed", async () => (await dirtyCount(this.masters)) === 0, patiently);
  }

  async #isFollowed(): Promise<boolean> {
    const waiting = { "outbox.0": { $exists: true } };
    return (await this.database.collection("progress").countDocuments(waiting)) === 0;
  }

  /** What students are told, a sample of them, is what is stored. */
  async #wrongAnswers({ url }: { url: string }, stored: Positions): Promise<string[]> {
    const places = [...Map.groupBy(this.history.saves, ({ userId, courseId }) => `${userId} ${courseId}`).values()];
    const step = Math.ceil(places.length / readersAtEnd);
    const sample = places.filter((_, index) => index % step === 0);
    const wrong = sample.map(async (saves) => {
      const { userId, courseId } = saves[0]!;
      const { watchTimes } = await progressAgain(await Client.of(url, userId), courseId);
      const own = [...new Set(saves.map(({ lectureId }) => lectureId))].filter((lectureId) => {
        return watchTimes[lectureId] !== stored.get(placeOf({ userId, courseId, lectureId }))?.seconds;
      });
      return own.map((lectureId) => `${userId} ${courseId} ${lectureId}: told ${watchTimes[lectureId]}`);
    });
    return (await Promise.all(wrong)).flat();
  }

  /** All of the store that flushes could change. */
  async #everything(): Promise<unknown> {
    return this.database.collection("progress").find().sort({ _id: 1 }).toArray();
  }
}
