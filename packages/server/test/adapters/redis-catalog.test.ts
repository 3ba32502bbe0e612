import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Course } from "../../src/domain/course.ts";
import { aDay, lecture, someCourse } from "../support/ids.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";

function someVersion(version: number, courseId = someCourse()): Course {
  const lectures = new Map([[lecture("constructor"), { title: "One", durationSeconds: 600, order: 0 }]]);
  return { courseId, title: `Version ${version}`, version, lectures };
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
    await one.cache.put(old);
    assert.deepEqual(await other.cache.read(old.courseId), old);
    await other.cache.announceChange(old.courseId);
    assert.equal(await one.cache.version(old.courseId), "changing");
    assert.equal(await one.cache.read(old.courseId), null);
    const young = someVersion(2, old.courseId);
    await other.cache.publishChange(young);
    assert.equal(await one.cache.version(old.courseId), 2);
    assert.deepEqual(await one.cache.read(old.courseId), young);
  });

  it("cache nothing while a change is announced", async () => {
    const course = someVersion(1);
    await one.cache.announceChange(course.courseId);
    await other.cache.put(course);
    await other.cache.put(someVersion(2, course.courseId));
    assert.equal(await other.cache.version(course.courseId), "changing");
  });

  it("do not end each other's announcements", async () => {
    const { courseId } = someVersion(1);
    await one.cache.announceChange(courseId);
    await other.cache.announceChange(courseId);
    await one.cache.publishChange(someVersion(2, courseId));
    assert.equal(await one.cache.version(courseId), "changing");
    await other.cache.publishChange(someVersion(3, courseId));
    assert.equal(await one.cache.version(courseId), 3);
  });

  it("keep two changes of one process apart as well", async () => {
    const { courseId } = someVersion(1);
    await Promise.all([one.cache.announceChange(courseId), one.cache.announceChange(courseId)]);
    await one.cache.publishChange(someVersion(3, courseId));
    assert.equal(await other.cache.version(courseId), "changing");
    await one.cache.publishChange(someVersion(2, courseId));
    assert.equal(await other.cache.version(courseId), 3);
  });

  it("forget the course, not its version, when the announcer dies: the mark runs out", async () => {
    const old = someVersion(5);
    const client = one.connection.masters()[0]!;
    const name = `courseMeta:${old.courseId}`;
    await one.cache.put(old);
    await other.cache.announceChange(old.courseId);
    const mark = (await client.hkeys(name)).find((field) => field.startsWith("changing:")) ?? "";
    const leftMs = Number(mark.split(":")[1]) - (await one.buffer.now());
    assert.ok(leftMs > 9_000 && leftMs <= 10_000, `${leftMs} ms left`);
    await client.hdel(name, mark);
    await client.hset(name, "changing:1000:dead", "");

    assert.equal(await one.cache.version(old.courseId), null);
    assert.equal(await one.cache.read(old.courseId), null);
    await one.cache.put(someVersion(4, old.courseId));
    assert.equal(await one.cache.version(old.courseId), null);
    await one.cache.put(someVersion(6, old.courseId));
    assert.equal(await one.cache.version(old.courseId), 6);
    assert.deepEqual((await client.hkeys(name)).toSorted(), ["course", "version"]);
  });

  it("keep courses for about a day, each for another time", async () => {
    const client = one.connection.masters()[0]!;
    const courses = Array.from({ length: 30 }, () => someVersion(1));
    for (const course of courses) await one.cache.put(course);
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
    await one.cache.put(course);
    assert.deepEqual(await other.cache.read(courseId), course);
  });
});
