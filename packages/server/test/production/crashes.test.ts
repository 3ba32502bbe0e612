import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Redis } from "ioredis";
import type { Db } from "mongodb";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";
import { inconsistencies } from "../support/redis-invariants.ts";
import { courseDocument, type StoredCourse } from "./large-school.ts";
import { StudentsAtWork } from "../service/students-at-work.ts";

/** Enough of every kind of work for a kill to fall into the middle of something. */
const enough = 250;

suite("what production acknowledged is kept", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let database: Db;
  const school = new StudentsAtWork({ storesMayFail: true });

  before(async () => {
    const redis = { settings: { appendfsync: "always" } };
    production = resources.use(await Production.start({ redis, settings: { FLUSH_INTERVAL_MS: "150" } }));
    database = await production.database();
    const courses = StudentsAtWork.courses() as { courseId: string; lectures: unknown[] }[];
    await database
      .collection<StoredCourse>("courses")
      .insertMany(courses.map(({ courseId, lectures }) => courseDocument({ courseId, lectures: lectures.length })));
  });
  after(() => resources.disposeAsync());

  /** Students work, each at one of these services, until `end` has ended what they work with. */
  async function workUntil(services: readonly ServiceProcess[], end: () => Promise<unknown>): Promise<void> {
    await school.connect(...services.map(({ url }) => url));
    await school.check();
    const earlier = school.acknowledged;
    const stop = new AbortController();
    const working = school.work(stop.signal);
    await until("the load is one", () => school.acknowledged - earlier > enough, patiently);
    await end();
    stop.abort();
    await working;
  }

  test("when half of the processes are killed and half are told to stop, while all of them flush", async () => {
    const services = await Promise.all([1, 2, 3].map(() => production.readyService()));
    const [killed, stopped, left] = services;
    assert.ok(killed !== undefined && stopped !== undefined && left !== undefined);
    await workUntil(services, async () => {
      assert.deepEqual(await killed.kill(), { code: null, signal: "SIGKILL" });
      stopped.signal("SIGTERM");
      assert.deepEqual(await stopped.ended, { code: 0, signal: null }, stopped.output);
    });
    await school.connect(left.url);
    await school.check();
    left.signal("SIGTERM");
    await left.ended;
  });

  test("when Redis is killed under load: it had everything on its disk", async () => {
    const service = await production.readyService();
    await workUntil([service], async () => {
      await production.redis.kill();
      await production.redis.start();
    });
    await untilAllAnswer(service);
    await school.check();
  });

  test("and is all in MongoDB in the end, once", async () => {
    const service = await production.readyService();
    const client = await Client.of(service.url, "operator");
    const isFlushed = async (): Promise<boolean> => (await client.metric("progress_dirty_keys")) === 0;
    await until("everything is flushed", isFlushed, patiently);
    const redis = resources.adopt(new Redis(production.redis.url), (each) => each.disconnect());
    assert.deepEqual(await inconsistencies([redis]), []);
    // A Redis that has lost everything makes no difference now.
    await redis.flushall();
    await untilAllAnswer(service);
    await school.connect(service.url);
    await school.check();
    const isSettled = async (): Promise<boolean> =>
      (await database.collection("progress").countDocuments({ "outbox.0": { $exists: true } })) === 0;
    await until("no event is left behind", isSettled, patiently);
    for (const { userId } of school.finishers) {
      const completed = await database.collection("progress").findOne({ userId, courseId: "long" });
      const days = await database.collection("activities").find({ userId }).toArray();
      const count = completed?.["completedCount"] as number;
      assert.ok(count > 0);
      assert.equal(
        days.reduce((sum, day) => sum + (day["count"] as number), 0),
        count,
      );
      assert.equal(await database.collection("events").countDocuments({ userId, type: "lecture.completed" }), count);
    }
  });

  async function untilAllAnswer(service: ServiceProcess): Promise<void> {
    const client = await Client.of(service.url, "probe");
    const isRead = async (): Promise<boolean> => (await client.ask("GET", "/api/v1/progress/hot")).status === 200;
    await until("progress is read again", isRead, patiently);
  }
});
