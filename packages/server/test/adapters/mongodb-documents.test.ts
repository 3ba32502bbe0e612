import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ObjectId } from "mongodb";
import { keyFilter } from "../../src/adapters/mongodb/progress-document.ts";
import type { Day } from "../../src/domain/activity-day.ts";
import { courseCompleted, streakReached } from "../../src/domain/event.ts";
import { noStreak } from "../../src/domain/streak.ts";
import { course, lecture, someCourse, someUser, stampAt } from "../support/ids.ts";
import { completion, sharedMongodb, someKey, writeOf } from "../support/mongodb-fixture.ts";
import { withoutMongod } from "../support/mongodb-server.ts";

const courseHex = "507f1f77bcf86cd799439011";
const lectureHex = "507f1f77bcf86cd799439012";
const details = { title: "Limits", durationSeconds: 60.5, order: 1 };

describe("documents in MongoDB", { skip: withoutMongod }, () => {
  const mongodb = sharedMongodb();

  describe("of progress", () => {
    it("hold what a flush writes, and nothing else", async () => {
      const key = someKey();
      const write = { ...writeOf(key, { intro: 1.5, constructor: 2 }), reset: stampAt(5), version: "000000000000a" };
      await mongodb.fixture.store.join([write]);
      const { _id, ...document } = (await mongodb.fixture.collections.progress.findOne(keyFilter(key))) ?? {};
      assert.deepEqual(document, {
        userId: key.userId,
        courseId: "algebra",
        watchTimes: {
          intro: { stamp: stampAt(1_000, 0), seconds: 1.5 },
          constructor: { stamp: stampAt(1_000, 1), seconds: 2 },
        },
        lastWatchedLecture: { stamp: stampAt(1_000, 1), lectureId: "constructor" },
        resetStamp: stampAt(5),
        flushedVersion: "000000000000a",
      });
    });

    it("tell the newest version that was written, whichever comes last", async () => {
      const key = someKey();
      for (const version of ["000000000000a", "000000000000c", "000000000000b"]) {
        await mongodb.fixture.store.join([{ ...writeOf(key, { a: 1 }), version }]);
      }
      await mongodb.fixture.store.join([writeOf(key, { b: 1 })]);
      assert.equal((await mongodb.fixture.store.read(key)).flushedVersion, "000000000000c");
    });

    it("hold the stamp before the seconds: MongoDB compares them in this order", async () => {
      const key = someKey();
      await mongodb.fixture.store.join([writeOf(key, { a: 1 })]);
      const document = await mongodb.fixture.collections.progress.findOne(keyFilter(key));
      assert.deepEqual(Object.keys(document?.watchTimes?.[lecture("a")] ?? {}), ["stamp", "seconds"]);
      assert.deepEqual(Object.keys(document?.lastWatchedLecture ?? {}), ["stamp", "lectureId"]);
    });

    it("hold a completion and its event in one", async () => {
      const key = someKey(courseHex);
      const event = completion(key, lectureHex);
      await mongodb.fixture.store.change(key, 0, { type: "complete", event });
      const { _id, ...document } = (await mongodb.fixture.collections.progress.findOne(keyFilter(key))) ?? {};
      const [lectureId, occurredAt] = [new ObjectId(lectureHex), new Date(event.occurredAt)];
      assert.deepEqual(document, {
        userId: key.userId,
        courseId: new ObjectId(courseHex),
        completedLectures: [lectureId],
        completedAt: { [lectureHex]: occurredAt },
        completedCount: 1,
        completions: { [lectureHex]: 1 },
        lastCompletedAt: occurredAt,
        rev: 1,
        outbox: [{ id: event.id, type: event.type, lectureId, day: event.day, zone: event.zone, occurredAt }],
      });
      assert.deepEqual((await mongodb.fixture.store.read(key)).outbox, [event]);
    });

    it("hold the course's completion until a start over, which keeps how often lectures were completed", async () => {
      const key = someKey();
      const event = completion(key, "a");
      const whole = courseCompleted(key, event, 2);
      await mongodb.fixture.store.change(key, 0, { type: "complete", event });
      await mongodb.fixture.store.change(key, 1, { type: "completeCourse", event: whole });
      const whenDone = await mongodb.fixture.collections.progress.findOne(keyFilter(key));
      assert.deepEqual(whenDone?.courseCompletedAt, new Date(event.occurredAt));
      assert.equal(whenDone.outbox?.[1]?.type, "course.completed");
      for (const { id } of [event, whole]) await mongodb.fixture.store.settle(key, id);
      await mongodb.fixture.store.change(key, 2, { type: "startOver", reset: stampAt(7) });
      const { _id, ...document } = (await mongodb.fixture.collections.progress.findOne(keyFilter(key))) ?? {};
      assert.deepEqual(document, {
        ...key,
        completedLectures: [],
        completedAt: {},
        completedCount: 0,
        completions: { a: 1 },
        lastCompletedAt: new Date(event.occurredAt),
        resetStamp: stampAt(7),
        rev: 3,
        outbox: [],
      });
    });

    it("fail no other's read when one is not as it was written", async () => {
      const [bad, good, other] = [someKey(), someKey(), someKey(courseHex)];
      for (const spoilt of [{ completedAt: "text" }, { outbox: 5 }, { watchTimes: { intro: "5" } }]) {
        await mongodb.fixture.collections.progress.insertOne({ ...keyFilter(bad), ...(spoilt as object) });
        await mongodb.fixture.store.join([writeOf(good, { a: 1 }), writeOf(other, { a: 2 })]);
        const alone = await Promise.allSettled([mongodb.fixture.store.read(bad)]);
        // So few are read one by one; with two more they share one answer.
        const keys = [good, bad, other, someKey(), someKey()];
        const [one, two, three] = await Promise.allSettled(mongodb.fixture.store.readEach(keys));
        assert.deepEqual([two?.status], [alone[0].status]);
        assert.deepEqual([one?.status, three?.status], ["fulfilled", "fulfilled"]);
        assert.ok(one?.status === "fulfilled" && one.value.positions.size === 1);
        await mongodb.fixture.collections.progress.deleteOne(keyFilter(bad));
      }
      await mongodb.fixture.collections.progress.insertOne({ ...keyFilter(bad), completedAt: "text" as never });
      await assert.rejects(mongodb.fixture.store.readEach([good, bad])[1] as Promise<unknown>);
    });

    it("never count a completion that is there twice, nor take one away that is not", async () => {
      const key = someKey();
      const change = { type: "complete", event: completion(key, "a") } as const;
      assert.equal(await mongodb.fixture.store.change(key, 0, { type: "undo", lectureId: lecture("a") }), false);
      assert.equal(await mongodb.fixture.store.change(key, 0, change), true);
      assert.equal(await mongodb.fixture.store.change(key, 1, change), false);
      assert.equal(await mongodb.fixture.store.change(key, 1, { type: "undo", lectureId: lecture("b") }), false);
      assert.equal((await mongodb.fixture.store.totals(key.userId)).lectures, 1);
    });

    it("refuse what would name another field", async () => {
      const { key, positions } = writeOf(someKey(), { a: 1 });
      const [position] = [...positions.values()];
      for (const id of ["a.b", "$a", "", "__proto__", "a\0b", "x".repeat(65)]) {
        const outcomes = await mongodb.fixture.store.join([
          { key, positions: new Map([[lecture(id), position!]]), reset: null },
        ]);
        assert.equal(outcomes[0]?.status, "refused", id);
      }
      const broken = { stamp: position!.stamp, seconds: Number.NaN };
      const [outcome] = await mongodb.fixture.store.join([
        { key, positions: new Map([[lecture("a"), broken]]), reset: null },
      ]);
      assert.equal(outcome?.status, "refused");
      assert.equal(await mongodb.fixture.collections.progress.countDocuments(keyFilter(key)), 0);
    });
  });

  describe("of days", () => {
    it("hold the date as text, the count, and where it comes from", async () => {
      const userId = someUser();
      const date = "2026-02-28" as Day;
      const { activities } = mongodb.fixture;
      const done = { userId, courseId: course(courseHex), lectureId: lecture("a"), day: date, occurredAt: 2 };
      await activities.addCompletion(done);
      await activities.mark(userId, { day: date, occurredAt: 1 });
      await activities.mark(userId, { day: "2026-03-01" as Day, occurredAt: 3 });
      const found = await mongodb.fixture.collections.activities
        .find({ userId }, { projection: { _id: 0 }, sort: { date: 1 } })
        .toArray();
      assert.deepEqual(found, [
        { userId, date, count: 2, sources: [`${courseHex}/a`], changedAt: new Date(2) },
        { userId, date: "2026-03-01", count: 1, sources: [], changedAt: new Date(3) },
      ]);
    });

    it("count each completion once when 50 are told at once, five times each", async () => {
      const userId = someUser();
      const date = "2026-02-28" as Day;
      const told = Array.from({ length: 250 }, (_, index) => {
        return { userId, courseId: course("c"), lectureId: lecture(`l${index % 50}`), day: date, occurredAt: index };
      });
      await Promise.all(told.map((each) => mongodb.fixture.activities.addCompletion(each)));
      const [day] = await mongodb.fixture.activities.readAll(userId);
      assert.equal(day?.count, 50);
      assert.equal(new Set(day.completions).size, 50);
    });
  });

  it("of students hold streak and zone", async () => {
    const userId = someUser();
    await mongodb.fixture.students.setTimeZone(userId, "Asia/Tokyo");
    const after = { current: 2, longest: 3, lastDay: "2026-02-28" as Day };
    const moment = { occurredAt: Date.UTC(2026, 1, 28, 7), day: after.lastDay, zone: "Asia/Tokyo" };
    const reached = streakReached(userId, moment, { days: 2, firstDay: "2026-02-27" as Day });
    await mongodb.fixture.students.replaceStreak(userId, noStreak, after, [reached]);
    const { id, type, days, firstDay, day, zone } = reached;
    assert.deepEqual(await mongodb.fixture.collections.users.findOne({ _id: userId }), {
      _id: userId,
      timeZone: "Asia/Tokyo",
      currentStreak: 2,
      longestStreak: 3,
      lastActiveDate: "2026-02-28",
      milestones: { 2: "2026-02-27" },
      outbox: [{ id, type, days, firstDay, day, zone, occurredAt: new Date(reached.occurredAt) }],
    });
  });

  it("of achievements hold what was earned when, by which event, and whether it is still untold", async () => {
    const { achievements, collections } = mongodb.fixture;
    const event = completion(someKey(), "a");
    const { userId, occurredAt, day, zone } = event;
    await achievements.earn(userId, { achievementId: "first", title: "First", occurredAt, day, zone, cause: event.id });
    const found = async () => collections.achievements.findOne({ userId }, { projection: { _id: 0 } });
    const earned = { userId, achievementId: "first", title: "First", earnedAt: new Date(occurredAt), day, zone };
    assert.deepEqual(await found(), { ...earned, event: event.id, isUntold: true });
    await achievements.told(userId, "first");
    assert.deepEqual(await found(), { ...earned, event: event.id });
  });

  it("of courses hold their lectures and how many there are", async () => {
    await mongodb.fixture.catalog.putTitle(course(courseHex), "Analysis");
    await mongodb.fixture.catalog.addLecture(course(courseHex), lecture(lectureHex), details);
    await mongodb.fixture.catalog.addLecture(course(courseHex), lecture("constructor"), details);
    assert.deepEqual(await mongodb.fixture.collections.courses.findOne({ _id: new ObjectId(courseHex) }), {
      _id: new ObjectId(courseHex),
      title: "Analysis",
      totalLectures: 2,
      version: 3,
      lectures: { [lectureHex]: details, constructor: details },
    });
    const plain = someCourse();
    await mongodb.fixture.catalog.putTitle(plain, "Plain");
    assert.equal((await mongodb.fixture.collections.courses.findOne({ _id: plain }))?._id, plain);
  });

  it("of events are found by the event's id", async () => {
    const event = completion(someKey(courseHex), lectureHex);
    await mongodb.fixture.log.add(event, ["stream"]);
    const { sequence, ...document } = (await mongodb.fixture.collections.events.findOne({ _id: event.id })) ?? {};
    assert.ok(sequence instanceof ObjectId);
    assert.deepEqual(document, {
      _id: event.id,
      type: "lecture.completed",
      userId: event.userId,
      courseId: new ObjectId(courseHex),
      lectureId: new ObjectId(lectureHex),
      day: event.day,
      zone: event.zone,
      occurredAt: new Date(event.occurredAt),
      waiting: { stream: new Date(event.occurredAt) },
    });
  });
});
