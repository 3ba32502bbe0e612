import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { progressKey } from "../../src/adapters/redis/keys.ts";
import { Crowd, crowdCourses, crowdLectures } from "../support/crowd.ts";
import { runProgram } from "../support/finished-program.ts";
import { placeOf } from "../support/history-check.ts";
import { course, user } from "../support/ids.ts";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import {
  becomesReady,
  complains,
  patiently,
  Production,
  type ProxiedService,
  storesAreMissing,
} from "../support/production.ts";
import { dirtyCount, endWaiting, inconsistencies } from "../support/redis-invariants.ts";
import { bufferedPositions } from "../support/stored.ts";
import { Trial } from "../support/trial.ts";

const ops = fileURLToPath(new URL("../../src/ops.ts", import.meta.url));
const flush = /^update progress: flush$/;
const keyOf = (name: string): string => progressKey({ userId: user(name), courseId: course("watched") });

suite("Redis", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let one: ProxiedService;
  let other: ProxiedService;

  before(async () => {
    const redis = { settings: { appendfsync: "always" } };
    production = resources.use(await Production.start({ redis, settings: { FLUSH_INTERVAL_MS: "300" } }));
    [one, other] = await Promise.all([production.proxiedService(), production.proxiedService()]);
    await production.teach(other.service, ...crowdCourses);
  });
  after(() => resources.disposeAsync());

  /** Under the load of a crowd; the fault happens in between, and work goes on after it. */
  async function underLoad(fault: (trial: Trial) => Promise<void>): Promise<void> {
    await using trial = await Trial.begin(production);
    const urls = [one.service.url, other.service.url];
    await using crowd = new Crowd({ history: trial.history, urls: () => urls });
    const goesOn = async (): Promise<void> => {
      const earlier = trial.history.acknowledged;
      await until("the load is one", () => trial.history.acknowledged > earlier + 100, patiently);
    };
    await goesOn();
    await fault(trial);
    await goesOn();
    await crowd.stop();
    await trial.verdict(other.service, crowdLectures);
  }

  async function save({ history }: Trial, userId: string, seconds: number, lectureId = "l-0"): Promise<string> {
    const client = await Client.of(one.service.url, userId);
    return history.save(client, { userId, courseId: "watched", lectureId }, seconds);
  }

  async function saved({ history }: Trial, userId: string, seconds: number, lectureId = "l-0"): Promise<void> {
    await history.saved(await Client.of(one.service.url, userId), { userId, courseId: "watched", lectureId }, seconds);
  }

  const isClean = async ({ masters }: Trial): Promise<boolean> => (await dirtyCount(masters)) === 0;

  test("that is killed under load, its disk intact, loses nothing that was acknowledged", async () => {
    await underLoad(async () => {
      await production.redis.kill();
      await production.redis.start();
    });
  });

  test("that forgets its scripts again and again under load is sent them again", async () => {
    await underLoad(async ({ masters }) => {
      for (let times = 0; times < 20; times++) await masters[0]?.script("FLUSH");
    });
  });

  test("that is loading refuses saves, says so, and then has everything", async () => {
    await using trial = await Trial.begin(production);
    const [redis] = trial.masters;
    await saved(trial, "anna", 5);
    await redis?.mset(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`ballast-${index}`, "x"])));
    await redis?.bgrewriteaof();
    const isRewritten = async (): Promise<boolean> =>
      /aof_rewrite_in_progress:0\s[^]*aof_rewrite_scheduled:0/.test((await redis?.info("persistence")) ?? "");
    await until("its log is short", isRewritten, patiently);
    await production.redis.kill();
    // Three seconds for those keys, in which it answers nothing but that it is loading.
    production.redis.launch({ "key-load-delay": "3000", "loading-process-events-interval-bytes": "1024" });
    await complains(one.service, "redis", /is connected to and not ready: it loads its data/);
    assert.equal(await save(trial, "ben", 6), "maybe");
    await becomesReady(one.service);
    await trial.looked();
    assert.deepEqual([...(await bufferedPositions(trial.masters)).keys()], ["anna watched l-0"]);
    await saved(trial, "ben", 6);
    await trial.verdict(one.service);
  });

  test("without memory refuses saves and keeps what it has; with memory it takes them again", async () => {
    await using trial = await Trial.begin(production);
    const [redis] = trial.masters;
    await saved(trial, "anna", 5);
    await redis?.config("SET", "maxmemory", "1mb");
    assert.equal(await save(trial, "anna", 6, "l-1"), "maybe");
    assert.deepEqual((await (await Client.of(one.service.url, "anna")).progress("watched")).watchTimes, { "l-0": 5 });
    await redis?.config("SET", "maxmemory", "0");
    await saved(trial, "anna", 6, "l-1");
    await trial.verdict(one.service);
  });

  test("that has reached its cap refuses students it does not know, and still takes those it does", async () => {
    await using trial = await Trial.begin(production);
    const [redis] = trial.masters;
    // What connections need from moment to moment is little beside it.
    await redis?.setrange("ballast", 20_000_000, "x");
    await saved(trial, "anna", 5);
    const used = Number(/^used_memory:(\d+)/m.exec((await redis?.info("memory")) ?? "")?.[1]);
    await redis?.config("SET", "maxmemory", Math.round(used / 0.93));
    let strangers = 0;
    const isRefused = async (): Promise<boolean> => (await save(trial, `stranger-${strangers++}`, 1)) === "maybe";
    await until("strangers are refused", isRefused, patiently);
    const stranger = await Client.of(one.service.url, "stranger");
    const body = { courseId: "watched", lectureId: "l-0", watchTime: 1 };
    assert.match((await stranger.ask("POST", "/api/v1/progress/save", body)).text, /"code":"buffer_full"/);
    await saved(trial, "anna", 6, "l-1");
    await redis?.config("SET", "maxmemory", "0");
    await saved(trial, "carla", 7);
    await trial.verdict(one.service);
  });

  test("that is emptied loses what was not flushed, says so, and gets it back from returning students", async () => {
    await using trial = await Trial.begin(production);
    const client = await Client.of(one.service.url, "anna");
    const { serverTime } = await client.progress("watched");
    const session = { sessionId: "00000000000000cc", sessionStartedAt: serverTime, elapsedMs: 0, seq: 0 };
    await saved(trial, "ben", 4);
    await until("the first is flushed", () => isClean(trial), patiently);
    await other.service.pause();
    using held = one.mongodbProxy.holdRequest(flush);
    await trial.history.saved(client, { userId: "anna", courseId: "watched", lectureId: "l-0" }, 5, session);
    await held.reached();
    assert.equal(await trial.forgive(), 1);
    await trial.masters[0]?.flushall();
    held.cut();
    other.service.signal("SIGCONT");
    await trial.history.saved(client, { userId: "anna", courseId: "watched", lectureId: "l-0" }, 5, session);
    await trial.verdict(one.service);
  });

  test("that is emptied between the claim of a key and its acknowledgement is reported, and the key is in MongoDB", async () => {
    await using trial = await Trial.begin(production);
    await other.service.pause();
    using held = one.mongodbProxy.holdRequest(flush);
    await saved(trial, "anna", 5);
    await held.reached();
    // Until the write arrives it is in neither store.
    assert.equal(await trial.forgive(), 1);
    await trial.masters[0]?.flushall();
    held.release();
    const operator = await Client.of(one.service.url, "operator");
    await until("it is reported", async () => (await operator.metric("progress_missing_keys_total")) === 1, patiently);
    assert.match(
      one.service.output,
      /buffered positions disappeared before they were stored: was the buffer emptied\?/,
    );
    const anna = placeOf({ userId: "anna", courseId: "watched", lectureId: "l-0" });
    assert.equal((await trial.stored()).get(anna)?.seconds, 5);
    other.service.signal("SIGCONT");
    await trial.verdict(one.service);
  });

  test("with something else in the place of a key keeps it for the operator, and its neighbours are flushed", async () => {
    const redis = production.redis.client();
    await redis.flushall();
    await other.service.pause();
    using held = one.redisProxy.holdRequest(/^claim /);
    await held.reached();
    const [spoilt, whole] = await Promise.all(["spoilt", "whole"].map((name) => Client.of(one.service.url, name)));
    // Both are due in the same batch, and each would be read if it could be.
    await Promise.all([spoilt?.save("watched", "l-0", 1), whole?.save("watched", "l-0", 2)]);
    await redis.set(keyOf("spoilt"), "in the way");
    held.release();
    await until("the neighbour is flushed", async () => (await dirtyCount([redis])) === 1, patiently);
    assert.equal(await (await production.database()).collection("progress").countDocuments({ userId: "whole" }), 1);
    const run = (...args: string[]) => runProgram(ops, args, { ...production.settings(), JWT_SECRET: "x".repeat(32) });
    assert.match((await run("poison", "list")).output, /spoilt.*WRONGTYPE/s);
    await redis.del(keyOf("spoilt"));
    assert.equal((await run("poison", "retry", "spoilt", "watched")).code, 0);
    other.service.signal("SIGCONT");
    await until("it is gone", async () => (await dirtyCount([redis])) === 0, patiently);
    assert.deepEqual(await inconsistencies([redis]), []);
  });

  test("that has forgotten a clean key takes an old retry, and shows and stores nothing older for it", async () => {
    await using trial = await Trial.begin(production);
    const client = await Client.of(one.service.url, "anna");
    const { serverTime } = await client.progress("watched");
    const session = { sessionId: "00000000000000dd", sessionStartedAt: serverTime };
    const place = { userId: "anna", courseId: "watched", lectureId: "l-0" };
    const old = (): Promise<void> => trial.history.saved(client, place, 5, { ...session, elapsedMs: 0, seq: 0 });
    await old();
    await trial.history.saved(client, place, 6, { ...session, elapsedMs: 1, seq: 1 });
    await until("both are flushed", () => isClean(trial), patiently);
    await trial.masters[0]?.pexpire(keyOf("anna"), 1);
    await until("the key has run out", async () => (await trial.masters[0]?.exists(keyOf("anna"))) === 0, patiently);
    // From here on the buffer knows nothing of it, so it does not go back.
    await trial.looked();
    await old();
    assert.deepEqual((await client.progress("watched")).watchTimes, { "l-0": 6 });
    await endWaiting(trial.masters);
    await trial.verdict(one.service);
  });
});
