import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Course } from "../../src/domain/course.ts";
import type { CourseId } from "../../src/domain/ids.ts";
import { RedisCatalogCache } from "../../src/adapters/redis/catalog.ts";
import type { CatalogCache } from "../../src/ports/catalog.ts";
import { eventually } from "../support/eventually.ts";
import { aDay, lecture, someCourse } from "../support/ids.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";

function someVersion(version: number, courseId = someCourse()): Course {
  const lectures = new Map([[lecture("constructor"), { title: "One", durationSeconds: 600, order: 0 }]]);
  return { courseId, title: `Version ${version}`, version, lectures };
}

function fill({ cache }: { cache: CatalogCache }, course: Course): Promise<Course | null> {
  return cache.fill(course.courseId, async () => course);
}

describe("Two processes with one catalog cache", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let server: RedisServer;
  let one: RedisFixture;
  let other: RedisFixture;
  before(async () => {
    server = stack.use(await RedisServer.start());
    one = stack.use(await RedisFixture.openEmpty(server));
    other = stack.use(await RedisFixture.connect(server));
  });
  after(() => stack.disposeAsync());

  it("see each other's courses, and each other's changes at once", async () => {
    const old = someVersion(1);
    await fill(one, old);
    assert.deepEqual(await other.cache.read(old.courseId), old);
    await other.cache.announceChange(old.courseId);
    assert.equal(await one.cache.versions([old.courseId])[0], "changing");
    assert.equal(await one.cache.read(old.courseId), null);
    const young = someVersion(2, old.courseId);
    await other.cache.publishChange(young);
    assert.equal(await one.cache.versions([old.courseId])[0], 2);
    assert.deepEqual(await one.cache.read(old.courseId), young);
  });

  it("cache nothing while a change is announced", async () => {
    const course = someVersion(1);
    await one.cache.announceChange(course.courseId);
    await fill(other, course);
    await fill(other, someVersion(2, course.courseId));
    assert.equal(await other.cache.versions([course.courseId])[0], "changing");
  });

  it("cache nothing that one read before the other has announced a change", async () => {
    const old = someVersion(1);
    await one.cache.fill(old.courseId, async () => {
      await other.cache.announceChange(old.courseId);
      return old;
    });
    assert.equal(await one.cache.versions([old.courseId])[0], "changing");
    assert.equal(await one.cache.read(old.courseId), null);
  });

  it("do not end each other's announcements", async () => {
    const { courseId } = someVersion(1);
    await one.cache.announceChange(courseId);
    await other.cache.announceChange(courseId);
    await one.cache.publishChange(someVersion(2, courseId));
    assert.equal(await one.cache.versions([courseId])[0], "changing");
    await other.cache.publishChange(someVersion(3, courseId));
    assert.equal(await one.cache.versions([courseId])[0], 3);
  });

  it("keep two changes of one process apart as well", async () => {
    const { courseId } = someVersion(1);
    await Promise.all([one.cache.announceChange(courseId), one.cache.announceChange(courseId)]);
    await one.cache.publishChange(someVersion(3, courseId));
    assert.equal(await other.cache.versions([courseId])[0], "changing");
    await one.cache.publishChange(someVersion(2, courseId));
    assert.equal(await other.cache.versions([courseId])[0], 3);
  });

  it("forget the course, not its version, when the announcer dies: the mark runs out", async () => {
    const old = someVersion(5);
    const client = one.connection.masters()[0]!;
    const name = `courseMeta:${old.courseId}`;
    await fill(one, old);
    await other.cache.announceChange(old.courseId);
    const mark = (await client.hkeys(name)).find((field) => field.startsWith("changing:")) ?? "";
    const leftMs = Number(mark.split(":")[1]) - (await one.buffer.now());
    assert.ok(leftMs > 9_000 && leftMs <= 10_000, `${leftMs} ms left`);
    await client.hdel(name, mark);
    await client.hset(name, "changing:1000:dead", "");

    assert.equal(await one.cache.versions([old.courseId])[0], null);
    assert.equal(await one.cache.read(old.courseId), null);
    await fill(one, someVersion(4, old.courseId));
    assert.equal(await one.cache.versions([old.courseId])[0], null);
    await fill(one, someVersion(6, old.courseId));
    assert.equal(await one.cache.versions([old.courseId])[0], 6);
    assert.deepEqual((await client.hkeys(name)).toSorted(), ["course", "version"]);
  });

  describe("whose changes fail halfway", () => {
    const marksHold = { changingForMs: 40 };
    const isOver = (cache: CatalogCache, courseId: CourseId) =>
      eventually(async () => (await cache.versions([courseId])[0]) !== "changing" || undefined);

    it("do not cache what one read before such a change and held back until the mark had run out", async () => {
      const [slow, dying] = [one, other].map(({ connection }) => new RedisCatalogCache(connection, marksHold));
      const old = someVersion(1);
      await fill({ cache: slow! }, old);
      await slow!.fill(old.courseId, async () => {
        await dying!.announceChange(old.courseId);
        await isOver(slow!, old.courseId);
        return old;
      });
      assert.equal(await slow!.versions([old.courseId])[0], null);
    });

    it("do not cache what one read during such a change either", async () => {
      const [slow, dying] = [one.cache, new RedisCatalogCache(other.connection, marksHold)];
      const old = someVersion(1);
      await dying.announceChange(old.courseId);
      await slow.fill(old.courseId, async () => {
        await isOver(slow, old.courseId);
        return old;
      });
      assert.equal(await slow.versions([old.courseId])[0], null);
    });
  });

  it("keep courses for about a day, each for another time", async () => {
    const client = one.connection.masters()[0]!;
    const courses = Array.from({ length: 30 }, () => someVersion(1));
    for (const course of courses) await fill(one, course);
    const lives = await Promise.all(courses.map(({ courseId }) => client.pttl(`courseMeta:${courseId}`)));
    assert.ok(lives.every((ms) => ms > 0.89 * aDay && ms <= 1.1 * aDay));
    assert.ok(Math.max(...lives) - Math.min(...lives) > 0.05 * aDay);
  });

  it("share a course of 10,000 lectures", async () => {
    const courseId = someCourse();
    const lectures = new Map(
      Array.from({ length: 10_000 }, (_, n) => [
        lecture(`l${n}`),
        { title: `ü ${n}`, durationSeconds: n / 7, order: n },
      ]),
    );
    const course = { courseId, title: "Everything", version: 1, lectures };
    await fill(one, course);
    assert.deepEqual(await other.cache.read(courseId), course);
  });
});
