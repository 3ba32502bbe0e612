import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { crowdCourses } from "../support/crowd.ts";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, Production, type ProxiedService, storesAreMissing } from "../support/production.ts";
import { dirtyCount, endWaiting } from "../support/redis-invariants.ts";
import { RedisServer } from "../support/redis-server.ts";
import { progressAgain, Trial } from "../support/trial.ts";

suite("Redis with a replica", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let replica: RedisServer;
  let one: ProxiedService;

  before(async () => {
    const settings = { FLUSH_INTERVAL_MS: "86400000" };
    production = resources.use(await Production.start({ redis: { settings: { appendfsync: "always" } }, settings }));
    replica = resources.use(
      await RedisServer.start({ settings: { replicaof: `127.0.0.1 ${production.redis.port}`, appendfsync: "always" } }),
    );
    one = await production.proxiedService();
    await production.teach(one.service, ...crowdCourses);
  });
  after(() => resources.disposeAsync());

  async function save({ history }: Trial, userId: string, seconds: number): Promise<string> {
    const client = await Client.of(one.service.url, userId);
    return history.save(client, { userId, courseId: "watched", lectureId: "l-0" }, seconds);
  }

  async function saved({ history }: Trial, userId: string, seconds: number): Promise<void> {
    const client = await Client.of(one.service.url, userId);
    await history.saved(client, { userId, courseId: "watched", lectureId: "l-0" }, seconds);
  }

  async function flushAll(trial: Trial): Promise<void> {
    await endWaiting(trial.masters);
    await until("all is flushed", async () => (await dirtyCount(trial.masters)) === 0, patiently);
  }

  test("that loses it refuses saves, if it is told that one is not enough, and takes them when it is back", async () => {
    await using trial = await Trial.begin(production);
    const [master] = trial.masters;
    await saved(trial, "anna", 5);
    await until("the replica follows", async () => (await master?.wait(1, 200)) === 1, patiently);
    await master?.config("SET", "min-replicas-to-write", "1");
    await replica.kill();
    await until("saves are refused", async () => (await save(trial, "ben", 6)) === "maybe", patiently);
    await replica.start();
    await saved(trial, "ben", 6);
    await master?.config("SET", "min-replicas-to-write", "0");
    await trial.verdict(one.service);
  });

  test("that is promoted with less than the master had loses that tail alone, and shows and stores nothing older", async () => {
    await using trial = await Trial.begin({ redis: one.redisProxy, mongodb: production.mongodb });
    await saved(trial, "both", 1);
    await saved(trial, "replicated", 2);
    await trial.masters[0]?.wait(1, 5_000);
    replica.pause();
    // What the replica never hears of: once flushed and once not.
    await saved(trial, "both", 10);
    await flushAll(trial);
    await saved(trial, "tail", 20);
    assert.equal(await trial.forgive(), 1);
    await production.redis.kill();
    replica.resume();
    await replica.client().replicaof("NO", "ONE");
    one.redisProxy.pointTo(replica);
    one.redisProxy.cut();
    await saved(trial, "after", 30);
    const seen = await Promise.all(
      ["both", "replicated"].map(async (name) => progressAgain(await Client.of(one.service.url, name), "watched")),
    );
    assert.deepEqual(
      seen.map(({ watchTimes }) => watchTimes["l-0"]),
      [10, 2],
    );
    await trial.verdict(one.service);
  });
});
