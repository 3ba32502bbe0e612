import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LearningEvent } from "../../src/domain/event.ts";
import { someUser } from "../support/ids.ts";
import { type DeliveryHarness, due, expiresAt, kept, lease, now, recordsOf, someWebhook } from "./delivery-fixture.ts";

/** What operators and the passing of time do to deliveries. */
export function deliveryOperatingContract(name: string, open: () => Promise<DeliveryHarness>): void {
  describe(`${name} keeps the contract of a delivery store over time`, () => {
    it("begins again what is to be told again, whatever it was, and makes what was missing", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const webhookId = someWebhook();
      const events = (await kept(harness, 5)) as [
        LearningEvent,
        LearningEvent,
        LearningEvent,
        LearningEvent,
        LearningEvent,
      ];
      await deliveries.add(events.slice(0, 4).map((event, index) => due(event, webhookId, now + index)));
      const at = { ...lease, now: now + 3 };
      const claims = new Map((await deliveries.claim(webhookId, 4, at)).map((claim) => [claim.event.id, claim]));
      await deliveries.settle(claims.get(events[0].id)!, { status: "done", at: now });
      await deliveries.settle(claims.get(events[1].id)!, { status: "dead", at: now, reason: "Answered 500." });
      await deliveries.settle(claims.get(events[2].id)!, {
        status: "waiting",
        dueAt: now + 9_999,
        reason: "Answered 500.",
      });
      const again = now + 20;
      await deliveries.addAgain(events.map((event) => ({ ...due(event, webhookId, again), expiresAt: expiresAt + 1 })));
      const begun = events.map(({ id }) => id).toSorted();
      const records = await recordsOf(harness, webhookId);
      assert.deepEqual(records.map(({ eventId }) => eventId).toSorted(), begun);
      for (const { status, attempts, reason, at: dueAt } of records) {
        assert.deepEqual([status, attempts, reason, dueAt], ["waiting", 0, null, again]);
      }
      const claimed = await deliveries.claim(webhookId, 10, { ...lease, now: again });
      assert.deepEqual(new Set(claimed.map((claim) => claim.expiresAt)), new Set([expiresAt + 1]));
      assert.equal(claimed.length, 5);
      // Whoever had one before says that it failed: it has begun again, and is somebody else's.
      await deliveries.settle(claims.get(events[3].id)!, { status: "dead", at: now, reason: "late" });
      assert.ok((await recordsOf(harness, webhookId)).every(({ status }) => status === "waiting"));
    });

    it("gives up what is due and has expired, and not what somebody is at", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const webhookId = someWebhook();
      const [expired, leased, young] = (await kept(harness, 3)) as [LearningEvent, LearningEvent, LearningEvent];
      const far = now + 10_000_000;
      await deliveries.add([due(leased, webhookId)]);
      await deliveries.claim(webhookId, 1, { now: far - 10, ms: 1_000 });
      await deliveries.add([due(expired, webhookId), { ...due(young, webhookId), expiresAt: far }]);
      assert.ok((await deliveries.expire(far - 1, far)) >= 1);
      const statuses = new Map(
        (await recordsOf(harness, webhookId)).map(({ eventId, status, at }) => [eventId, [status, at]]),
      );
      assert.deepEqual(statuses.get(expired.id), ["dead", far]);
      assert.equal(statuses.get(leased.id)?.[0], "waiting");
      assert.equal(statuses.get(young.id)?.[0], "waiting");
    });

    it("knows of each webhook when the first of what waits expires, leased or not", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const [one, other, done, idle] = [someWebhook(), someWebhook(), someWebhook(), someWebhook()];
      const [first, second] = (await kept(harness, 2)) as [LearningEvent, LearningEvent];
      await deliveries.add([
        { ...due(first, one, now + 5), expiresAt: expiresAt - 1 },
        { ...due(second, one), expiresAt },
        { ...due(first, other), expiresAt: expiresAt - 2 },
        { ...due(first, done), expiresAt: expiresAt - 3 },
        { ...due(second, done, now + 5), expiresAt: expiresAt - 1 },
      ]);
      await deliveries.claim(other, 1, lease);
      const [claim] = await deliveries.claim(done, 1, lease);
      await deliveries.settle(claim!, { status: "done", at: now });
      const found = await deliveries.firstToExpire([one, other, done, idle]);
      assert.deepEqual(
        new Map(found.map((each) => [each.webhookId, each.expiresAt])),
        new Map([
          [one, expiresAt - 1],
          [other, expiresAt - 2],
          [done, expiresAt - 1],
        ]),
      );
      assert.deepEqual(await deliveries.firstToExpire([]), []);
    });

    it("forgets what has ended long ago: what was done before, what was given up later", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const webhookId = someWebhook();
      const events = await kept(harness, 5);
      await deliveries.add(events.map((event, index) => due(event, webhookId, now + index)));
      const claims = await deliveries.claim(webhookId, 4, { ...lease, now: now + 3 });
      const [a, b, c, d] = claims.toSorted((one, other) => (one.event.id < other.event.id ? -1 : 1));
      await deliveries.settle(a!, { status: "done", at: now - 100 });
      await deliveries.settle(b!, { status: "done", at: now - 50 });
      await deliveries.settle(c!, { status: "dead", at: now - 100, reason: "Answered 500." });
      await deliveries.settle(d!, { status: "dead", at: now - 300, reason: "Answered 500." });
      await deliveries.forget({ done: now - 50, dead: now - 200 });
      const left = (await recordsOf(harness, webhookId)).map(({ eventId }) => eventId);
      assert.deepEqual(left.toSorted(), [events[4]!.id, b!.event.id, c!.event.id].toSorted());
    });

    it("counts and lists what it has, of one webhook and of all, what counts most first", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const [one, other] = [someWebhook(), someWebhook()];
      const events = (await kept(harness, 3)) as [LearningEvent, LearningEvent, LearningEvent];
      await deliveries.add(events.map((event, index) => due(event, one, now - index)));
      await deliveries.add([due(events[0], other)]);
      const claims = await deliveries.claim(one, 2, lease);
      for (const [index, claim] of claims.entries())
        await deliveries.settle(claim, { status: "done", at: now + index });
      const counts = (await deliveries.counts()).filter(({ webhookId }) => webhookId === one || webhookId === other);
      const byText = (list: unknown[]): string[] => list.map((entry) => JSON.stringify(entry)).toSorted();
      assert.deepEqual(
        byText(counts.map(({ webhookId, status, count }) => [webhookId, status, count])),
        byText([
          [one, "waiting", 1],
          [one, "done", 2],
          [other, "waiting", 1],
        ]),
      );
      const done = await deliveries.list({ status: "done", webhookId: one }, 10);
      assert.deepEqual(
        done.map(({ at }) => at),
        [now + 1, now],
      );
      assert.equal((await deliveries.list({ status: "done", webhookId: one }, 1)).length, 1);
      const webhooks = new Set(
        (await deliveries.list({ status: "waiting" }, 10_000)).map(({ webhookId }) => webhookId),
      );
      assert.ok(webhooks.has(one) && webhooks.has(other));
    });

    it("forgets a student's deliveries and nobody else's, and those whose event is gone", async () => {
      await using harness = await open();
      const { deliveries, log } = harness;
      const webhookId = someWebhook();
      const [student, other, gone] = [someUser(), someUser(), someUser()];
      const [[mine], [theirs], [orphan]] = (await Promise.all(
        [student, other, gone].map((userId) => kept(harness, 1, userId)),
      )) as [LearningEvent[], LearningEvent[], LearningEvent[]];
      await deliveries.add([mine!, theirs!, orphan!].map((event) => due(event, webhookId)));
      for (const _ of [1, 2]) await deliveries.erase(student);
      await log.erase(gone);
      const claims = await deliveries.claim(webhookId, 10, lease);
      assert.deepEqual(
        claims.map(({ event }) => event),
        [theirs],
      );
      assert.deepEqual(
        (await recordsOf(harness, webhookId)).map(({ eventId }) => eventId),
        [theirs!.id],
      );
      // One that is made after its event was erased is never delivered either.
      await deliveries.add([due(orphan!, webhookId)]);
      assert.deepEqual(await deliveries.claim(webhookId, 10, lease), []);
      assert.equal((await recordsOf(harness, webhookId)).length, 1);
    });

    it("forgets a student's deliveries of what occurred up to an instant, and none of what occurred later", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const webhookId = someWebhook();
      const userId = someUser();
      const [before, after] = [await kept(harness, 1, userId, now), await kept(harness, 1, userId, now + 1)];
      await deliveries.add([...before, ...after].map((event) => due(event, webhookId)));
      await deliveries.erase(userId, now);
      const left = (await recordsOf(harness, webhookId)).map(({ eventId }) => eventId);
      assert.deepEqual(left, [after[0]!.id]);
    });
  });

  describe(`${name} remembers which webhooks are disabled`, () => {
    it("with their address, until they are enabled", async () => {
      await using harness = await open();
      const { disabledWebhooks } = harness;
      const [one, other] = [someWebhook(), someWebhook()];
      const mine = async () =>
        (await disabledWebhooks.all()).filter(({ webhookId }) => webhookId === one || webhookId === other);
      assert.deepEqual(await mine(), []);
      const gone = { webhookId: one, url: "https://example.org/a", at: now };
      await Promise.all([1, 2, 3].map(() => disabledWebhooks.add(gone)));
      await disabledWebhooks.add({ ...gone, webhookId: other });
      const moved = { webhookId: one, url: "https://example.org/b", at: now + 1 };
      await disabledWebhooks.add(moved);
      assert.deepEqual(
        (await mine()).find(({ webhookId }) => webhookId === one),
        moved,
      );
      assert.equal(await disabledWebhooks.remove(one), true);
      assert.equal(await disabledWebhooks.remove(one), false);
      assert.deepEqual(await mine(), [{ ...gone, webhookId: other }]);
    });
  });
}
