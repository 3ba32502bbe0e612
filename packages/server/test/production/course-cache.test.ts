import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Redis } from "ioredis";
import { Client, courseOf } from "../support/process-client.ts";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";
import type { TcpProxy, WireRequest } from "../support/tcp-proxy.ts";

interface Watched {
  readonly service: ServiceProcess;
  readonly redisProxy: TcpProxy;
  readonly mongodbProxy: TcpProxy;
}

const courseFind = /^find courses$/;
const versionRead = /^course-version 1$/;

suite("the catalog's cache in production", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let one: Watched;
  let other: Watched;
  let redis: Redis;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "86400000" } }));
    redis = resources.adopt(new Redis(production.redis.url), (client) => client.disconnect());
    [one, other] = await Promise.all([watched(), watched()]);
    await production.teach(
      one.service,
      ...["crowd", "slow", "dying", "late", "seen", "unseen", "back"].map((id) => courseOf(id, 2)),
    );
  });
  after(() => resources.disposeAsync());

  async function watched(): Promise<Watched> {
    const proxies = await production.proxies();
    return { service: await production.readyService({}, proxies), ...proxies };
  }

  async function titleAt({ service }: Watched, courseId: string): Promise<string> {
    const client = await Client.of(service.url, "reader");
    return (JSON.parse((await client.call("GET", `/api/v1/courses/${courseId}`)).text) as { title: string }).title;
  }

  test("1,000 simultaneous first reads ask the catalog once for each process", async () => {
    await redis.del("courseMeta:crowd");
    for (const { service, redisProxy, mongodbProxy } of [one, other]) {
      const readers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => Client.crowded(service.url, `r-${i}`)));
      const earlier = { finds: mongodbProxy.count(courseFind), versions: redisProxy.count(versionRead) };
      const release = mongodbProxy.holdAnswers();
      const reading = Promise.all(readers.map((reader) => reader.call("GET", "/api/v1/courses/crowd")));
      // MongoDB must not be held up for longer than it may take; whoever comes later than that finds the course cached.
      const giveUpAt = performance.now() + 3_000;
      while (redisProxy.count(versionRead) - earlier.versions < 1_000 && performance.now() < giveUpAt) await delay(10);
      release();
      const told = new Set((await reading).map(({ text }) => text));
      assert.equal(told.size, 1);
      assert.equal(mongodbProxy.count(courseFind) - earlier.finds, 1);
      await redis.del("courseMeta:crowd");
    }
  });

  suite("holds what is new", { concurrency: true }, () => {
    test("against a reader that was slow", async () => {
      await redis.del("courseMeta:slow");
      const release = one.mongodbProxy.holdAnswers();
      const earlier = one.mongodbProxy.count(courseFind);
      const reading = titleAt(one, "slow");
      await until("the slow one has asked", () => one.mongodbProxy.count(courseFind) > earlier, patiently);
      const teacher = await Client.of(other.service.url, "teacher", { role: "instructor" });
      await teacher.call("PUT", "/api/v1/courses/slow", { title: "New" });
      release();
      await reading;
      for (const place of [one, other]) assert.equal(await titleAt(place, "slow"), "New");
    });

    test("against a process that dies inside a change, before its mark runs out and after it", async () => {
      const dying = await watched();
      assert.equal(await titleAt(other, "dying"), "dying");
      const release = dying.mongodbProxy.holdAnswers();
      const teacher = await Client.of(dying.service.url, "teacher", { role: "instructor" });
      const changing = teacher.call("PUT", "/api/v1/courses/dying", { title: "New" }).catch(() => "no answer");
      const courses = (await production.database()).collection<{ _id: string; title: string }>("courses");
      const isChanged = async (): Promise<boolean> => (await courses.findOne({ _id: "dying" }))?.title === "New";
      await until("the catalog has changed", isChanged, patiently);
      await dying.service.kill();
      release();
      assert.equal(await changing, "no answer");
      const mark = (await redis.hkeys("courseMeta:dying")).find((field) => field.startsWith("changing:"));
      assert.ok(mark !== undefined);
      assert.equal(await titleAt(other, "dying"), "New");
      const isOver = async (): Promise<boolean> => Number((await redis.time())[0]) * 1_000 > Number(mark.split(":")[1]);
      await until("the mark has run out", isOver, patiently);
      for (const place of [one, other]) assert.equal(await titleAt(place, "dying"), "New");
      assert.deepEqual((await redis.hkeys("courseMeta:dying")).toSorted(), ["course", "version"]);
    });

    test("against a change that is made after it was given up, and after its first mark ran out", async () => {
      const { service, mongodbProxy } = await watched();
      const teacher = await Client.of(service.url, "teacher", { role: "instructor" });
      const isChange = ({ name, bytes }: WireRequest): boolean =>
        name.startsWith("update courses") && bytes.includes("New");
      using held = mongodbProxy.holdRequest(isChange);
      assert.equal((await teacher.ask("PUT", "/api/v1/courses/late", { title: "New" })).status, 503);
      const [mark] = (await redis.hkeys("courseMeta:late")).filter((field) => field.startsWith("changing:")).toSorted();
      await redis.hdel("courseMeta:late", mark ?? "none");
      assert.equal(await titleAt(other, "late"), "late");
      held.release();
      for (const place of [one, other]) {
        await until("the new title is seen", async () => (await titleAt(place, "late")) === "New", patiently);
      }
    });
  });

  test("is put right when it has gone back in time, as a replica may after a failover", async () => {
    const teacher = await Client.of(one.service.url, "teacher", { role: "instructor" });
    await titleAt(one, "back");
    const old = await redis.dumpBuffer("courseMeta:back");
    await teacher.call("PUT", "/api/v1/courses/back", { title: "New" });
    assert.equal(await titleAt(one, "back"), "New");
    await redis.restore("courseMeta:back", 0, old, "REPLACE");
    for (const place of [one, other]) assert.equal(await titleAt(place, "back"), "New");
  });

  test("without MongoDB lets known courses work, and saves of unknown ones be accepted soon", async () => {
    const student = await Client.of(other.service.url, "student");
    await redis.del("courseMeta:unseen");
    production.mongodb.pause();
    // In the shared cache, though this process has never seen it.
    assert.equal((await student.ask("POST", "/api/v1/progress/save", saveOf("seen", 5))).status, 200);
    const startedAt = performance.now();
    assert.equal((await student.ask("POST", "/api/v1/progress/save", saveOf("unseen", 5))).status, 200);
    // About a second, on a quiet machine; MongoDB itself would be given five.
    assert.ok(performance.now() - startedAt < 4_500);
    production.mongodb.resume();
    const isRead = async (): Promise<boolean> => (await student.ask("GET", "/api/v1/progress/unseen")).status === 200;
    await until("MongoDB answers again", isRead, patiently);
    assert.deepEqual((await student.progress("unseen")).watchTimes, { "l-0": 5 });
  });
});

function saveOf(courseId: string, watchTime: number): object {
  return { courseId, lectureId: "l-0", watchTime };
}
