import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { ProgressDocument } from "../../src/adapters/mongodb/documents.ts";
import { keyFilter } from "../../src/adapters/mongodb/progress-document.ts";
import { ProgressError } from "../../src/domain/errors.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import type { WebhookId } from "../../src/domain/webhook.ts";
import { noStreak } from "../../src/domain/streak.ts";
import type { PositionWrite, WriteOutcome } from "../../src/ports/progress-store.ts";
import { eventually } from "../support/eventually.ts";
import { stampAt } from "../support/ids.ts";
import { completion, MongodbFixture, sharedMongodb, someKey, writeOf } from "../support/mongodb-fixture.ts";
import { type CommandFault, MongodbServer, withoutMongod } from "../support/mongodb-server.ts";
import { mongodbRequests } from "../support/mongodb-requests.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const isUnavailable = (error: unknown): boolean => error instanceof ProgressError && error.code === "store_unavailable";

describe("MongoDB that fails", { skip: withoutMongod }, () => {
  const mongodb = sharedMongodb();

  const writes = (count: number): PositionWrite[] => Array.from({ length: count }, () => writeOf(someKey(), { a: 1 }));
  const namespace = (): string => `${mongodb.fixture.database}.progress`;

  async function isStored({ userId, courseId }: ProgressKey): Promise<boolean> {
    return (await mongodb.fixture.store.read({ userId, courseId })).positions.size > 0;
  }

  /** Makes MongoDB refuse positions for this key: no lecture can be set in a list. */
  async function spoil(key: ProgressKey): Promise<void> {
    const document: ProgressDocument = { ...keyFilter(key), watchTimes: [] as never };
    await mongodb.fixture.collections.progress.insertOne(document);
  }

  async function joinFailing(batch: PositionWrite[], fault: Omit<CommandFault, "failCommands">): Promise<string[]> {
    await using _ = await mongodb.server.fail({ failCommands: ["update"], namespace: namespace(), ...fault });
    return statusesOf(await mongodb.fixture.store.join(batch));
  }

  describe("during a flush", () => {
    it("refuses one of 200, and proves the others", async () => {
      const batch = writes(200);
      await spoil((batch[77] as PositionWrite).key);
      const outcomes = await mongodb.fixture.flush(batch);
      assert.deepEqual(
        outcomes.flatMap((status, index) => (status === "written" ? [] : [[index, status]])),
        [[77, "refused"]],
      );
      assert.equal(
        await mongodb.fixture.collections.progress.countDocuments({
          userId: { $in: batch.map(({ key }) => key.userId) },
        }),
        200,
      );
    });

    const states = {
      "not primary": 10_107,
      "stepping down": 189,
      "shutting down": 91,
      interrupted: 11_602,
      "out of reach": 6,
    };
    for (const [state, errorCode] of Object.entries(states)) {
      it(`proves nothing when it is ${state}, and takes the same again`, async () => {
        const batch = writes(3);
        assert.deepEqual(await joinFailing(batch, { errorCode }), ["unknown", "unknown", "unknown"]);
        assert.deepEqual(statusesOf(await mongodb.fixture.store.join(batch)), ["written", "written", "written"]);
      });
    }

    it("proves nothing when the connection is dropped", async () => {
      const batch = writes(3);
      assert.deepEqual(await joinFailing(batch, { closeConnection: true }), ["unknown", "unknown", "unknown"]);
      assert.equal(await isStored((batch[0] as PositionWrite).key), false);
      assert.deepEqual(statusesOf(await mongodb.fixture.store.join(batch)), ["written", "written", "written"]);
    });

    it("proves nothing when a majority is not reached in time, though it was applied", async () => {
      const batch = writes(3);
      const writeConcernError = { code: 64, errmsg: "waiting for replication timed out" };
      assert.deepEqual(await joinFailing(batch, { writeConcernError }), ["unknown", "unknown", "unknown"]);
      assert.equal(await isStored((batch[0] as PositionWrite).key), true);
    });

    it("proves nothing when a majority is not reached and one operation is refused", async () => {
      const batch = writes(3);
      await spoil((batch[1] as PositionWrite).key);
      const writeConcernError = { code: 64, errmsg: "waiting for replication timed out" };
      assert.deepEqual(await joinFailing(batch, { writeConcernError }), ["unknown", "unknown", "unknown"]);
      assert.deepEqual(statusesOf(await mongodb.fixture.store.join(batch)), ["written", "refused", "written"]);
    });

    it("proves nothing when the answer is lost after it was applied; again, it changes nothing", async () => {
      await using proxy = await TcpProxy.before(mongodb.server, mongodbRequests);
      await using apart = await MongodbFixture.open(mongodb.server, proxy);
      const batch = writes(2);
      const lost = proxy.loseAnswer(/^update progress: flush$/);
      assert.deepEqual(statusesOf(await apart.store.join(batch)), ["unknown", "unknown"]);
      await lost;
      const stored = await apart.collections.progress.find().toArray();
      assert.equal(stored.length, 2);
      assert.deepEqual(statusesOf(await apart.store.join(batch)), ["written", "written"]);
      assert.deepEqual(await apart.collections.progress.find().toArray(), stored);
    });

    it("proves nothing when it does not answer within its time", async () => {
      const startedAt = performance.now();
      const outcomes = await joinFailing(writes(1), { blockConnection: true, blockTimeMS: 6_000 });
      assert.deepEqual(outcomes, ["unknown"]);
      assert.ok(performance.now() - startedAt < 5_900);
    });

    it("applies a write late, after a newer one, without going back", async () => {
      const key = someKey();
      const fault = { failCommands: ["update"], namespace: namespace(), blockConnection: true, blockTimeMS: 400 };
      await using _ = await mongodb.server.fail(fault);
      const late = mongodb.fixture.store.join([writeOf(key, { a: 1 }, 1_000)]);
      await delay(100);
      assert.deepEqual(statusesOf(await mongodb.fixture.store.join([writeOf(key, { a: 2 }, 2_000)])), ["written"]);
      assert.deepEqual(statusesOf(await late), ["written"]);
      assert.deepEqual(
        [...(await mongodb.fixture.store.read(key)).positions.values()],
        [...writeOf(key, { a: 2 }, 2_000).positions.values()],
      );
    });
  });

  describe("during anything else", () => {
    const faults = { "drops connections": { closeConnection: true }, "has no primary": { errorCode: 10_107 } };
    for (const [state, fault] of Object.entries(faults)) {
      it(`rejects with store_unavailable while it ${state}, and works right after`, async () => {
        const key = someKey();
        {
          const failCommands = ["find", "aggregate", "count", "insert", "update", "delete", "findAndModify"];
          await using _ = await mongodb.server.fail({ failCommands, ...fault }, "alwaysOn");
          const results = await Promise.allSettled(everythingWith(mongodb.fixture, key));
          assert.deepEqual(
            results.map((result) => result.status === "rejected" && isUnavailable(result.reason)),
            results.map(() => true),
          );
        }
        await Promise.all(everythingWith(mongodb.fixture, key));
      });
    }

    it("rejects with store_unavailable when the connection is reset under a request", async () => {
      await using proxy = await TcpProxy.before(mongodb.server, mongodbRequests);
      await using apart = await MongodbFixture.open(mongodb.server, proxy);
      const key = someKey();
      await apart.store.read(key);
      proxy.reset();
      await assert.rejects(apart.store.read(key), isUnavailable);
      // The driver keeps several connections, and hears of each one's end a little later.
      await eventually(() => apart.store.read(key).catch(() => undefined));
    });

    it("keeps nobody from deliveries whose majority was not reached: they are due at once, also beside one that was there", async () => {
      const { deliveries, log, database } = mongodb.fixture;
      const [there, fresh] = ["there", "fresh"].map((name) => `${name}-${randomUUID()}` as WebhookId);
      const event = completion(someKey(), "a");
      await log.add(event, []);
      const now = event.occurredAt;
      const add = (...webhookIds: WebhookId[]): Promise<unknown> =>
        deliveries.add(
          webhookIds.map((webhookId) => ({
            event,
            webhookId,
            dueAt: now + 20_000,
            expiresAt: now + 60_000,
            isLeased: true,
          })),
        );
      const claimed = async (webhookId: WebhookId): Promise<number> =>
        (await deliveries.claim(webhookId, 1, { now, ms: 1_000 })).length;
      await add(there!);
      const writeConcernError = { code: 64, errmsg: "waiting for replication timed out" };
      await using _ = await mongodb.server.fail({
        failCommands: ["insert"],
        namespace: `${database}.deliveries`,
        writeConcernError,
      });
      await assert.rejects(add(there!, fresh!), isUnavailable);
      assert.deepEqual([await claimed(there!), await claimed(fresh!)], [0, 1]);
    });

    it("does not say that a completion was stored when a majority is not reached", async () => {
      const key = someKey();
      const writeConcernError = { code: 64, errmsg: "waiting for replication timed out" };
      const change = { type: "complete", event: completion(key, "a") } as const;
      await using _ = await mongodb.server.fail({
        failCommands: ["update"],
        namespace: namespace(),
        writeConcernError,
      });
      await assert.rejects(mongodb.fixture.store.change(key, 0, change), isUnavailable);
      assert.equal(await mongodb.fixture.store.change(key, 0, change), false);
      assert.equal((await mongodb.fixture.store.read(key)).completions.get(change.event.lectureId), 1);
    });
  });

  describe("that goes away", () => {
    it("is used again without a restart of the service, with everything it had acknowledged", async () => {
      await using restarted = await MongodbServer.start();
      await using apart = await MongodbFixture.open(restarted);
      const key = someKey();
      await apart.store.join([writeOf(key, { a: 1 })]);
      await restarted.kill();
      await assert.rejects(apart.store.read(key), isUnavailable);
      assert.deepEqual(statusesOf(await apart.store.join([writeOf(key, { a: 2 }, 2_000)])), ["unknown"]);
      await restarted.restart();
      // Connections that ended with it may each fail one more request before the driver drops them.
      const stored = await eventually(() => apart.store.read(key).catch(() => undefined));
      assert.deepEqual(
        [...stored.positions.values()].map(({ seconds }) => seconds),
        [1],
      );
      assert.deepEqual(statusesOf(await apart.store.join([writeOf(key, { a: 2 }, 2_000)])), ["written"]);
    });
  });
});

function statusesOf(outcomes: readonly WriteOutcome[]): string[] {
  return outcomes.map(({ status }) => status);
}

/** One call of everything that reaches MongoDB and may reject. */
function everythingWith(
  { store, catalog, activities, students, achievements, log, deliveries, disabledWebhooks }: MongodbFixture,
  key: ProgressKey,
): Promise<unknown>[] {
  const { userId, courseId } = key;
  const event = completion(key, "a");
  const details = { title: "A", durationSeconds: 1, order: 0 };
  const streak = { current: 1, longest: 1, lastDay: event.day };
  const erasure = { userId, upTo: stampAt(1) };
  const webhookId = "webhook" as WebhookId;
  const delivery = { event, webhookId, dueAt: 1, expiresAt: 1 };
  return [
    store.read(key),
    store.readAll(userId),
    store.readPlayed(key),
    store.change(key, 0, { type: "complete", event }),
    store.settle(key, event.id),
    store.unsettled(1, 1),
    store.courseProgress(userId, [courseId]),
    store.totals(userId),
    store.erase(userId),
    store.eraseRevived(userId, erasure.upTo),
    catalog.read(courseId),
    catalog.putTitle(courseId, "title"),
    catalog.replace({ courseId, title: "title", lectures: new Map() }),
    catalog.addLecture(courseId, event.lectureId, details),
    catalog.changeLecture(courseId, event.lectureId, details),
    catalog.removeLecture(courseId, event.lectureId),
    activities.addCompletion(event),
    activities.mark(userId, event),
    activities.between(userId, event.day, event.day),
    activities.daysThatCount(userId, "completion"),
    activities.readAll(userId),
    activities.erase(userId),
    students.read(userId),
    students.setTimeZone(userId, "UTC"),
    students.replaceStreak(userId, noStreak, streak, []),
    students.erase(erasure),
    students.erasuresBefore(1, 1),
    students.forgetErasure(erasure),
    students.erasedUpTo(userId),
    students.eraseRevived(userId),
    students.settle(userId, event.id),
    students.unsettled(1, 1),
    students.list(null, 1),
    students.count(),
    achievements.earn(userId, { ...event, achievementId: "first", title: "First", cause: event.id }),
    achievements.earned(userId),
    achievements.told(userId, "first"),
    achievements.erase(userId),
    log.add(event, ["stream"]),
    log.waiting("stream", 1, 1),
    log.delivered("stream", event),
    log.since(1, null, 1),
    log.erase(userId),
    deliveries.add([delivery]),
    deliveries.addAgain([delivery]),
    deliveries.firstToExpire([webhookId]),
    deliveries.claim(webhookId, 1, { now: 1, ms: 1 }),
    deliveries.settle({ ...delivery, attempts: 0, lease: "0".repeat(24) }, { status: "done", at: 1 }),
    deliveries.expire(1, 1),
    deliveries.forget({ done: 1, dead: 1 }),
    deliveries.counts(),
    deliveries.list({ status: "done" }, 1),
    deliveries.erase(userId),
    disabledWebhooks.add({ webhookId, url: "https://example.org", at: 1 }),
    disabledWebhooks.remove(webhookId),
    disabledWebhooks.all(),
  ];
}
