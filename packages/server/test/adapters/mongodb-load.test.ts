import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { keyFilter } from "../../src/adapters/mongodb/progress-document.ts";
import type { Day } from "../../src/domain/activity-day.ts";
import { addDays } from "../../src/domain/activity-day.ts";
import type { LectureDetails } from "../../src/domain/course.ts";
import type { LectureId } from "../../src/domain/ids.ts";
import { noStreak } from "../../src/domain/streak.ts";
import { course, lecture, someCourse, someUser, stampAt } from "../support/ids.ts";
import { completion, MongodbFixture, someKey, writeOf } from "../support/mongodb-fixture.ts";
import { MongodbServer, withoutMongod } from "../support/mongodb-server.ts";

const details: LectureDetails = { title: "Limits", durationSeconds: 60, order: 0 };
const day = "2026-01-15" as Day;

describe("MongoDB under many", { skip: withoutMongod }, () => {
  let server: MongodbServer;
  let fixture: MongodbFixture;
  before(async () => {
    server = await MongodbServer.start();
    fixture = await MongodbFixture.open(server);
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  describe("commands", () => {
    it("are one for a flush of 200 keys", async () => {
      const writes = Array.from({ length: 200 }, () => writeOf(someKey(), { a: 1, b: 2 }));
      assert.deepEqual(await fixture.commandsOf(() => fixture.store.join(writes)), ["update"]);
    });

    it("are one for each thing a request does to progress", async () => {
      const { store } = fixture;
      const key = someKey();
      const event = completion(key, "a");
      const one: [string, () => Promise<unknown>][] = [
        ["update", () => store.change(key, 0, { type: "complete", event })],
        ["find", () => store.read(key)],
        ["update", () => store.settle(key, event.id)],
        ["find", () => store.unsettled(1, 100)],
        ["aggregate", () => store.totalCompleted(key.userId)],
        ["update", () => store.change(key, 1, { type: "undo", lectureId: event.lectureId })],
        ["update", () => store.change(key, 2, { type: "startOver", reset: stampAt(1) })],
        ["find", () => store.readAll(key.userId)],
        ["delete", () => store.eraseRevived(key.userId, stampAt(1))],
        ["delete", () => store.erase(key.userId)],
      ];
      for (const [command, work] of one) assert.deepEqual(await fixture.commandsOf(work), [command]);
    });

    it("are one for each thing else, whatever the number of days and students", async () => {
      const { activities, students, catalog, events } = fixture;
      const [userId, courseId] = [someUser(), someCourse()];
      const days = Array.from({ length: 800 }, (_, index) => ({
        userId,
        date: addDays(day, -index),
        count: 1,
        sources: ["a/b"],
      }));
      await fixture.collections.activities.insertMany(days);
      const one: [string, () => Promise<unknown>][] = [
        ["update", () => activities.addCompletion(userId, "2027-01-01" as Day, courseId, lecture("a"))],
        ["update", () => activities.mark(userId, day)],
        ["find", () => activities.between(userId, addDays(day, -799), day)],
        ["find", () => activities.daysThatCount(userId, "completion")],
        ["find", () => activities.readAll(userId)],
        ["find", () => students.read(userId)],
        ["update", () => students.setTimeZone(userId, "UTC")],
        ["update", () => students.replaceStreak(userId, noStreak, { current: 1, longest: 1, lastDay: day })],
        ["update", () => catalog.putTitle(courseId, "Analysis")],
        ["update", () => catalog.replace({ courseId, title: "Analysis", lectures: new Map() })],
        ["update", () => catalog.addLecture(courseId, lecture("a"), details)],
        ["findAndModify", () => catalog.changeLecture(courseId, lecture("a"), { title: "New" })],
        ["update", () => catalog.removeLecture(courseId, lecture("a"))],
        ["find", () => catalog.read(courseId)],
        ["update", () => events.publish(completion({ userId, courseId }, "a"))],
      ];
      for (const [command, work] of one) assert.deepEqual(await fixture.commandsOf(work), [command]);
    });

    it("are two for course progress, side by side, whatever the number of courses", async () => {
      const userId = someUser();
      const ids = Array.from({ length: 1_000 }, () => someCourse());
      await fixture.collections.courses.insertMany(
        ids.map((_id) => ({
          _id,
          title: "A course",
          totalLectures: 1,
          version: 1,
          lectures: { [lecture("a")]: details },
        })),
      );
      await fixture.collections.progress.insertMany(
        ids.slice(0, 600).map((courseId) => ({ userId, courseId, completedAt: { [lecture("a")]: new Date() } })),
      );
      const commands = await fixture.commandsOf(async () => {
        const rows = await fixture.store.courseProgress(userId, ids.slice(500));
        assert.equal(rows.length, 1_000);
        assert.equal(rows.filter(({ completed }) => completed === 1).length, 600);
      });
      assert.deepEqual(commands.toSorted(), ["aggregate", "find"]);
      assert.deepEqual(await fixture.commandsOf(() => fixture.store.courseProgress(userId, [])), ["aggregate"]);
    });
  });

  describe("who come at once", () => {
    it("make one document of 50 first flushes of a key, with the newest of each lecture", async () => {
      const key = someKey();
      const flushes = Array.from({ length: 50 }, (_, index) =>
        writeOf(key, { a: index, [`l${index}`]: 1 }, 1_000 + index),
      );
      const outcomes = await Promise.all(flushes.map((write) => fixture.flush([write])));
      assert.deepEqual(new Set(outcomes.flat()), new Set(["written"]));
      assert.equal(await fixture.collections.progress.countDocuments(keyFilter(key)), 1);
      const { positions } = await fixture.store.read(key);
      assert.equal(positions.size, 51);
      assert.equal(positions.get(lecture("a"))?.seconds, 49);
    });

    it("let one of 50 first completions win, and count it once", async () => {
      const key = someKey();
      const event = completion(key, "a");
      const wins = await Promise.all(
        Array.from({ length: 50 }, () => fixture.store.change(key, 0, { type: "complete", event })),
      );
      assert.equal(wins.filter(Boolean).length, 1);
      const { rev, completions, outbox } = await fixture.store.read(key);
      assert.deepEqual(
        { rev, times: completions.get(event.lectureId), events: outbox.length },
        { rev: 1, times: 1, events: 1 },
      );
      assert.equal(await fixture.store.totalCompleted(key.userId), 1);
    });

    it("lose none of 20 completions that race by compare and set, beside flushes", async () => {
      const key = someKey();
      const ids = Array.from({ length: 20 }, (_, index) => `l${index}`);
      await Promise.all(
        ids.flatMap((id) => [
          fixture.flush([writeOf(key, { [id]: 1 })]),
          (async () => {
            const change = { type: "complete", event: completion(key, id) } as const;
            while (!(await fixture.store.change(key, (await fixture.store.read(key)).rev, change)));
          })(),
        ]),
      );
      const { rev, completedAt, positions, outbox } = await fixture.store.read(key);
      assert.deepEqual([rev, completedAt.size, positions.size, outbox.length], [20, 20, 20, 20]);
      assert.equal(await fixture.store.totalCompleted(key.userId), 20);
    });
  });

  it("changes nothing when a flush is repeated", async () => {
    const writes = Array.from({ length: 100 }, () => ({ ...writeOf(someKey(), { a: 1.25, b: 2 }), reset: stampAt(1) }));
    const replies: unknown[] = [];
    fixture.connection.client.on("commandSucceeded", ({ reply }) =>
      replies.push((reply as { nModified?: number }).nModified),
    );
    for (let time = 0; time < 2; time++) await fixture.store.join(writes);
    assert.deepEqual(replies, [0, 0]);
    const older = writes.map((write) => ({ ...writeOf(write.key, { a: 9 }, 500), reset: stampAt(0) }));
    await fixture.store.join(older);
    assert.deepEqual(replies, [0, 0, 0]);
  });

  it("holds a course of 10,000 lectures, all watched and completed", async () => {
    const key = someKey(someCourse());
    const ids = Array.from({ length: 10_000 }, (_, index) => lecture(`f${index.toString(16).padStart(23, "0")}`));
    await fixture.catalog.replace({
      courseId: course(key.courseId),
      title: "Everything",
      lectures: new Map(ids.map((id, order): [LectureId, LectureDetails] => [id, { ...details, order }])),
    });
    for (let first = 0; first < ids.length; first += 1_000) {
      const watched = Object.fromEntries(ids.slice(first, first + 1_000).map((id) => [id, 1]));
      assert.deepEqual(await fixture.flush([writeOf(key, watched)]), ["written"]);
    }
    const completedAt = Object.fromEntries(ids.map((id) => [id, new Date()]));
    await fixture.collections.progress.updateOne(keyFilter(key), { $set: { completedAt, completedCount: ids.length } });
    assert.equal((await fixture.store.read(key)).positions.size, 10_000);
    assert.deepEqual(await fixture.store.courseProgress(key.userId, []), [
      { courseId: key.courseId, completed: 10_000, total: 10_000 },
    ]);
  });
});
