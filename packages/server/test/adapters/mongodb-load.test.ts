import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Collection, Document, OptionalUnlessRequiredId } from "mongodb";
import { keyFilter } from "../../src/adapters/mongodb/progress-document.ts";
import type { Day } from "../../src/domain/activity-day.ts";
import { addDays } from "../../src/domain/activity-day.ts";
import type { LectureDetails } from "../../src/domain/course.ts";
import type { LectureId } from "../../src/domain/ids.ts";
import { noStreak } from "../../src/domain/streak.ts";
import { course, lecture, someCourse, someUser, stampAt } from "../support/ids.ts";
import { completion, sharedMongodb, someKey, writeOf } from "../support/mongodb-fixture.ts";
import { withoutMongod } from "../support/mongodb-server.ts";

const details: LectureDetails = { title: "Limits", durationSeconds: 60, order: 0 };
const day = "2026-01-15" as Day;

describe("MongoDB under many", { skip: withoutMongod }, () => {
  const mongodb = sharedMongodb();

  describe("commands", () => {
    it("are one for a flush of 200 keys", async () => {
      const writes = Array.from({ length: 200 }, () => writeOf(someKey(), { a: 1, b: 2 }));
      assert.deepEqual(await mongodb.fixture.commandsOf(() => mongodb.fixture.store.join(writes)), ["update"]);
    });

    it("ask for a majority and its journal, each operation for itself, with no retry of the driver's own", async () => {
      const { store } = mongodb.fixture;
      const key = someKey();
      const sent = await mongodb.fixture.sentBy(async () => {
        await store.join([writeOf(key, { a: 1 })]);
        await store.change(key, 0, { type: "complete", event: completion(key, "a") });
      });
      assert.equal(sent[0]?.command["ordered"], false);
      assert.equal(sent.length, 2);
      for (const { command } of sent) {
        assert.deepEqual([command["writeConcern"].w, command["writeConcern"].j], ["majority", true]);
        assert.equal(command["txnNumber"], undefined);
      }
    });

    it("are one for each thing a request does to progress", async () => {
      const { store } = mongodb.fixture;
      const key = someKey();
      const event = completion(key, "a");
      const one: [string, () => Promise<unknown>][] = [
        ["update", () => store.change(key, 0, { type: "complete", event })],
        ["find", () => store.read(key)],
        ["update", () => store.settle(key, event.id)],
        ["find", () => store.unsettled(1, 100)],
        ["aggregate", () => store.totals(key.userId)],
        ["update", () => store.change(key, 1, { type: "undo", lectureId: event.lectureId })],
        ["update", () => store.change(key, 2, { type: "startOver", reset: stampAt(1) })],
        ["find", () => store.readAll(key.userId)],
        ["find", () => store.readPlayed(key)],
        ["delete", () => store.erase(key.userId)],
      ];
      for (const [command, work] of one) assert.deepEqual(await mongodb.fixture.commandsOf(work), [command]);
    });

    it("are one for each thing else, whatever the number of days and students", async () => {
      const { activities, students, catalog, achievements, log } = mongodb.fixture;
      const [userId, courseId] = [someUser(), someCourse()];
      const event = completion({ userId, courseId }, "a");
      const award = { ...event, achievementId: "first", title: "First", cause: event.id };
      const days = Array.from({ length: 150 }, (_, index) => ({
        userId,
        date: addDays(day, -index),
        count: 1,
        sources: ["a/b"],
      }));
      await mongodb.fixture.collections.activities.insertMany(days);
      const one: [string, () => Promise<unknown>][] = [
        ["update", () => activities.addCompletion({ ...event, day: "2027-01-01" as Day })],
        ["update", () => activities.mark(userId, event)],
        ["find", () => activities.between(userId, addDays(day, -149), day)],
        ["find", () => activities.daysThatCount(userId, "completion")],
        ["find", () => activities.readAll(userId)],
        ["find", () => students.read(userId)],
        ["find", () => students.erasedUpTo(userId)],
        ["find", () => students.unsettled(1, 100)],
        ["update", () => students.settle(userId, event.id)],
        ["find", () => students.list(null, 100)],
        ["update", () => achievements.earn(userId, award)],
        ["find", () => achievements.earned(userId)],
        ["update", () => achievements.told(userId, award.achievementId)],
        ["update", () => students.setTimeZone(userId, "UTC")],
        ["update", () => students.replaceStreak(userId, noStreak, { current: 1, longest: 1, lastDay: day }, [])],
        ["update", () => catalog.putTitle(courseId, "Analysis")],
        ["update", () => catalog.replace({ courseId, title: "Analysis", lectures: new Map() })],
        ["update", () => catalog.addLecture(courseId, lecture("a"), details)],
        ["findAndModify", () => catalog.changeLecture(courseId, lecture("a"), { title: "New" })],
        ["update", () => catalog.removeLecture(courseId, lecture("a"))],
        ["find", () => catalog.read(courseId)],
        ["update", () => log.add(event, ["stream"])],
        ["find", () => log.waiting("stream", 1, 100)],
        ["update", () => log.delivered("stream", event)],
        ["delete", () => log.erase(userId)],
      ];
      for (const [command, work] of one) assert.deepEqual(await mongodb.fixture.commandsOf(work), [command]);
    });

    it("are two for course progress, side by side, whatever the number of courses", async () => {
      const userId = someUser();
      const ids = Array.from({ length: 1_000 }, () => someCourse());
      const courses = ids.map((_id) => ({
        _id,
        title: "A course",
        totalLectures: 1,
        version: 1,
        lectures: { [lecture("a")]: details },
      }));
      const completedAt = { [lecture("a")]: new Date() };
      const progress = ids.slice(0, 600).map((courseId) => ({ userId, courseId, completedAt }));
      await insertAll(mongodb.fixture.collections.courses, courses);
      await insertAll(mongodb.fixture.collections.progress, progress);
      const commands = await mongodb.fixture.commandsOf(async () => {
        const rows = await mongodb.fixture.store.courseProgress(userId, ids.slice(500));
        assert.equal(rows.length, 1_000);
        assert.equal(rows.filter(({ completed }) => completed === 1).length, 600);
      });
      assert.deepEqual(commands.toSorted(), ["aggregate", "find"]);
      assert.deepEqual(await mongodb.fixture.commandsOf(() => mongodb.fixture.store.courseProgress(userId, [])), [
        "aggregate",
      ]);
    });
  });

  describe("who come at once", () => {
    it("make one document of 50 first flushes of a key, with the newest of each lecture", async () => {
      const key = someKey();
      const flushes = Array.from({ length: 50 }, (_, index) =>
        writeOf(key, { a: index, [`l${index}`]: 1 }, 1_000 + index),
      );
      const outcomes = await Promise.all(flushes.map((write) => mongodb.fixture.flush([write])));
      assert.deepEqual(new Set(outcomes.flat()), new Set(["written"]));
      assert.equal(await mongodb.fixture.collections.progress.countDocuments(keyFilter(key)), 1);
      const { positions } = await mongodb.fixture.store.read(key);
      assert.equal(positions.size, 51);
      assert.equal(positions.get(lecture("a"))?.seconds, 49);
    });

    it("let one of 50 first completions win, and count it once", async () => {
      const key = someKey();
      const event = completion(key, "a");
      const wins = await Promise.all(
        Array.from({ length: 50 }, () => mongodb.fixture.store.change(key, 0, { type: "complete", event })),
      );
      assert.equal(wins.filter(Boolean).length, 1);
      const { rev, completions, outbox } = await mongodb.fixture.store.read(key);
      assert.deepEqual(
        { rev, times: completions.get(event.lectureId), events: outbox.length },
        { rev: 1, times: 1, events: 1 },
      );
      assert.equal((await mongodb.fixture.store.totals(key.userId)).lectures, 1);
    });

    it("lose none of 20 completions that race by compare and set, beside flushes", async () => {
      const key = someKey();
      const ids = Array.from({ length: 20 }, (_, index) => `l${index}`);
      await Promise.all(
        ids.flatMap((id) => [
          mongodb.fixture.flush([writeOf(key, { [id]: 1 })]),
          (async () => {
            const change = { type: "complete", event: completion(key, id) } as const;
            while (!(await mongodb.fixture.store.change(key, (await mongodb.fixture.store.read(key)).rev, change)));
          })(),
        ]),
      );
      const { rev, completedAt, positions, outbox } = await mongodb.fixture.store.read(key);
      assert.deepEqual([rev, completedAt.size, positions.size, outbox.length], [20, 20, 20, 20]);
      assert.equal((await mongodb.fixture.store.totals(key.userId)).lectures, 20);
    });
  });

  it("changes nothing when a flush is repeated", async () => {
    const writes = Array.from({ length: 100 }, () => ({ ...writeOf(someKey(), { a: 1.25, b: 2 }), reset: stampAt(1) }));
    const replies: unknown[] = [];
    mongodb.fixture.connection.client.on("commandSucceeded", ({ reply }) =>
      replies.push((reply as { nModified?: number }).nModified),
    );
    for (let time = 0; time < 2; time++) await mongodb.fixture.store.join(writes);
    assert.deepEqual(replies, [0, 0]);
    const older = writes.map((write) => ({ ...writeOf(write.key, { a: 9 }, 500), reset: stampAt(0) }));
    await mongodb.fixture.store.join(older);
    assert.deepEqual(replies, [0, 0, 0]);
  });

  it("holds a course of 10,000 lectures, all watched and completed", async () => {
    const key = someKey(someCourse());
    const ids = Array.from({ length: 10_000 }, (_, index) => lecture(`f${index.toString(16).padStart(23, "0")}`));
    await mongodb.fixture.catalog.replace({
      courseId: course(key.courseId),
      title: "Everything",
      lectures: new Map(ids.map((id, order): [LectureId, LectureDetails] => [id, { ...details, order }])),
    });
    for (let first = 0; first < ids.length; first += 1_000) {
      const watched = Object.fromEntries(ids.slice(first, first + 1_000).map((id) => [id, 1]));
      assert.deepEqual(await mongodb.fixture.flush([writeOf(key, watched)]), ["written"]);
    }
    const completedAt = Object.fromEntries(ids.map((id) => [id, new Date()]));
    await mongodb.fixture.collections.progress.updateOne(keyFilter(key), {
      $set: { completedAt, completedCount: ids.length },
    });
    assert.equal((await mongodb.fixture.store.read(key)).positions.size, 10_000);
    assert.deepEqual(await mongodb.fixture.store.courseProgress(key.userId, []), [
      { courseId: key.courseId, completed: 10_000, total: 10_000, lastWatched: stampAt(1_000, 999) },
    ]);
  });
});

/** In portions that a busy machine takes within the time that MongoDB is given. */
async function insertAll<Schema extends Document>(
  collection: Collection<Schema>,
  documents: OptionalUnlessRequiredId<Schema>[],
): Promise<void> {
  for (let first = 0; first < documents.length; first += 200) {
    await collection.insertMany(documents.slice(first, first + 200));
  }
}
