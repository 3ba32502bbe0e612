import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noStreak } from "../../src/domain/streak.ts";
import { completion, MongodbFixture, sharedMongodb, someKey, writeOf } from "../support/mongodb-fixture.ts";
import { withoutMongod } from "../support/mongodb-server.ts";

describe("MongoDB that leaves a race for the first upsert to the loser", { skip: withoutMongod }, () => {
  const mongodb = sharedMongodb();
  const loseIn = (collection: string): Promise<AsyncDisposable> =>
    mongodb.server.fail({
      failCommands: ["update"],
      namespace: `${mongodb.fixture.database}.${collection}`,
      errorCode: 11_000,
    });

  it("counts the loser's completion and mark all the same", async () => {
    const { activities } = mongodb.fixture;
    const key = someKey();
    const event = completion(key, "a");
    const { day } = event;
    await activities.mark(key.userId, event);
    for (let time = 0; time < 2; time++) {
      await using _ = await loseIn("activities");
      await activities.addCompletion(event);
    }
    await using _ = await loseIn("activities");
    await activities.mark(key.userId, event);
    assert.deepEqual(await activities.readAll(key.userId), [{ day, count: 3, completions: [`${key.courseId}/a`] }]);
  });

  it("keeps the loser's title, course, zone and event", async () => {
    const { catalog, students, log, collections } = mongodb.fixture;
    const { userId, courseId } = someKey();
    await catalog.putTitle(courseId, "winner's");
    {
      await using _ = await loseIn("courses");
      assert.equal(await catalog.putTitle(courseId, "loser's"), "updated");
    }
    assert.equal((await catalog.read(courseId))?.title, "loser's");
    {
      await using _ = await loseIn("courses");
      assert.equal(await catalog.replace({ courseId, title: "whole", lectures: new Map() }), "updated");
    }
    assert.equal((await catalog.read(courseId))?.title, "whole");
    {
      await using _ = await loseIn("users");
      await students.setTimeZone(userId, "Asia/Tokyo");
    }
    assert.equal((await students.read(userId)).timeZone, "Asia/Tokyo");
    const event = completion({ userId, courseId }, "a");
    await using _ = await loseIn("events");
    await log.add(event, []);
    assert.equal(await collections.events.countDocuments({ _id: event.id }), 1);
  });

  it("reads a lost compare and set as false", async () => {
    const { store, students } = mongodb.fixture;
    const key = someKey();
    const event = completion(key, "a");
    {
      await using _ = await loseIn("progress");
      assert.equal(await store.change(key, 0, { type: "complete", event }), false);
    }
    await using _ = await loseIn("users");
    const streak = { current: 1, longest: 1, lastDay: event.day };
    assert.equal(await students.replaceStreak(key.userId, noStreak, streak, []), false);
  });

  it("tries those writes of a flush again, and only those; what still loses is refused", async () => {
    await using apart = await MongodbFixture.open(mongodb.server);
    const rivals = { key: { "watchTimes.rival.seconds": 1 }, unique: true, sparse: true } as const;
    await apart.collections.progress.createIndexes([rivals]);
    const batch = [writeOf(someKey(), { rival: 1 }), writeOf(someKey(), { rival: 1 }), writeOf(someKey(), { a: 1 })];
    const commands = await apart.commandsOf(async () => {
      const [first, rival, other] = await apart.store.join(batch);
      assert.deepEqual([first?.status, rival?.status, other?.status], ["written", "refused", "written"]);
      assert.ok(rival?.status === "refused" && rival.reason.includes("rival"));
    });
    assert.deepEqual(commands, ["update", "update"]);
  });
});
