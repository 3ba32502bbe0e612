import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Redis } from "ioredis";
import { type Answer, Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { inconsistencies } from "../support/redis-invariants.ts";
import { stockBuffer, stockedSave } from "../support/stocked-buffer.ts";
import { progressAgain } from "../support/trial.ts";

const students = 100_000;
const run = "student";
/** Of all who are known, every so many-th goes on watching. */
const each = 500;
const later = 1_234;

suite("Redis with a cap and 100,000 students whose positions are not flushed", { skip: storesAreMissing() }, () => {
  test("asks players to save less often, then refuses whom it does not know, takes those it knows, and loses nothing", async () => {
    await using production = await Production.start({ settings: { FLUSH_INTERVAL_MS: "3600000" } });
    const service = await production.readyService();
    await production.teach(service, courseOf("course", 1));
    await using redis = await RedisFixture.connect(production.redis);
    await stockBuffer(redis.buffer, { run, keys: students });
    using admin = administer(production.redis.url);

    const known = await Watcher.of(service.url, 0);
    assert.equal((await known.save(later)).nextIntervalMs, undefined);
    await admin.fillTo(0.8);
    await until("players are slowed down", async () => (await known.save(later)).nextIntervalMs === 15_000, patiently);
    let newcomers = 0;
    const newcomer = async (): Promise<Answer> => (await Watcher.of(service.url, students + newcomers++)).answer(later);
    assert.equal((await newcomer()).status, 200, "a student may still be new");

    await admin.fillTo(0.95);
    // The service looks once a second how full Redis is, so some more may come in.
    await until("new students are refused", async () => (await newcomer()).status === 503, patiently);
    const taken = newcomers - 1;
    const { status, text, headers } = await newcomer();
    assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [503, "buffer_full"]);
    assert.ok(Number(headers["retry-after"]) > 0);
    for (let number = each; number < students; number += each) {
      const watcher = await Watcher.of(service.url, number);
      assert.equal((await watcher.save(later)).nextIntervalMs, 15_000, `student ${number}`);
    }

    const isThere = async (number: number): Promise<void> => {
      const { key, lectureId, seconds } = stockedSave(run, number);
      const { positions } = await redis.buffer.read(key);
      assert.equal(positions.get(lectureId)?.seconds, number % each === 0 ? later : seconds, key.userId);
    };
    for (let first = 0; first < students; first += each) {
      await Promise.all(Array.from({ length: each }, (_, index) => isThere(first + index)));
    }
    const { dirtyKeys } = await redis.buffer.stats();
    assert.equal(dirtyKeys, students + taken);
    assert.deepEqual(await inconsistencies([admin.redis]), []);
    // This look at so many keys can hold Redis up for longer than a request waits.
    await progressAgain(await Client.of(service.url, stockedSave(run, 0).key.userId), "course");

    await admin.fillTo(0);
    await until("new students are taken again", async () => (await newcomer()).status === 200, patiently);
  });
});

/** Sets how full Redis is; 0: it has no cap. */
function administer(url: string): Disposable & { redis: Redis; fillTo(share: number): Promise<void> } {
  const redis = new Redis(url);
  return {
    redis,
    async fillTo(share) {
      const used = Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
      await redis.config("SET", "maxmemory", share === 0 ? 0 : Math.round(used / share));
    },
    [Symbol.dispose]: () => redis.disconnect(),
  };
}

/** A player with a session: the only kind that is told to slow down. */
class Watcher {
  readonly #client: Client;
  readonly #sessionStartedAt: number;
  #seq = 0;

  private constructor(client: Client, sessionStartedAt: number) {
    this.#client = client;
    this.#sessionStartedAt = sessionStartedAt;
  }

  static async of(url: string, number: number): Promise<Watcher> {
    const client = await Client.of(url, stockedSave(run, number).key.userId);
    return new Watcher(client, (await client.progress("course")).serverTime);
  }

  answer(watchTime: number): Promise<Answer> {
    const { lectureId, key } = stockedSave(run, 0);
    const session = {
      sessionId: "00000000000000aa",
      sessionStartedAt: this.#sessionStartedAt,
      elapsedMs: this.#seq,
      seq: this.#seq++,
    };
    return this.#client.ask("POST", "/api/v1/progress/save", {
      courseId: key.courseId,
      lectureId,
      watchTime,
      ...session,
    });
  }

  /** Rejects unless it is acknowledged. */
  async save(watchTime: number): Promise<{ nextIntervalMs?: number }> {
    const { status, text } = await this.answer(watchTime);
    assert.equal(status, 200, text);
    return JSON.parse(text) as { nextIntervalMs?: number };
  }
}
