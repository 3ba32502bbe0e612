import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LearningEvent } from "../../src/domain/event.ts";
import { someUser } from "../support/ids.ts";
import {
  type DeliveryHarness,
  due,
  expiresAt,
  kept,
  lease,
  now,
  oneDue,
  recordsOf,
  someWebhook,
} from "./delivery-fixture.ts";
import { deliveryOperatingContract } from "./delivery-operating.ts";

/** What every delivery store promises. Tests use webhooks that nobody else has. */
export function deliveryStoreContract(name: string, open: () => Promise<DeliveryHarness>): void {
  deliveryOperatingContract(name, open);

  describe(`${name} keeps the contract of a delivery store`, () => {
    it("makes a delivery for each event and webhook once, also when several do at once", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const [one, other] = [someWebhook(), someWebhook()];
      const events = await kept(harness, 2);
      const all = events.flatMap((event) => [due(event, one), due(event, other)]);
      await Promise.all(Array.from({ length: 5 }, () => deliveries.add(all)));
      await deliveries.add([]);
      for (const webhookId of [one, other]) {
        const claims = await deliveries.claim(webhookId, 10, lease);
        assert.deepEqual(new Set(claims.map(({ event }) => event)), new Set(events));
        for (const claim of claims) {
          const { attempts, expiresAt: until } = claim;
          assert.deepEqual([claim.webhookId, attempts, until], [webhookId, 0, expiresAt]);
        }
      }
    });

    it("leases what is due, the longest due first", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const [early, late] = [someWebhook(), someWebhook()];
      const [first, second, third] = (await kept(harness, 3)) as [LearningEvent, LearningEvent, LearningEvent];
      await deliveries.add([due(second, early, now - 1), due(third, early, now), due(first, early, now - 2)]);
      await deliveries.add([due(first, late, now + 1)]);
      const taken = await deliveries.claim(early, 2, lease);
      assert.deepEqual(new Set(taken.map(({ event }) => event.id)), new Set([first.id, second.id]));
      assert.deepEqual(
        (await deliveries.claim(early, 2, lease)).map(({ event }) => event.id),
        [third.id],
      );
      assert.deepEqual(await deliveries.claim(early, 2, lease), []);
      assert.deepEqual(await deliveries.claim(late, 2, lease), []);
      assert.equal((await deliveries.claim(late, 2, { ...lease, now: now + 1 })).length, 1);
    });

    it("leases what is added so to whoever has added it, and to nobody else until the lease ends", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const [mine, later] = [someWebhook(), someWebhook()];
      const [event] = (await kept(harness, 1)) as [LearningEvent];
      const leased = { ...due(event, mine, now + 1_000), isLeased: true };
      const [own, ...more] = await deliveries.add([leased, due(event, later)]);
      assert.ok(own !== undefined && more.length === 0);
      const { lease: ownLease, ...claim } = own;
      assert.deepEqual(claim, { event, webhookId: mine, attempts: 0, expiresAt });
      assert.deepEqual(await deliveries.claim(mine, 2, { ...lease, now: now + 999 }), []);
      assert.equal((await deliveries.claim(later, 2, lease)).length, 1);
      const [other] = await deliveries.claim(mine, 2, { ...lease, now: now + 1_000 });
      assert.ok(other !== undefined && other.lease !== ownLease);
      await deliveries.settle(own, { status: "released", dueAt: now });
      await deliveries.settle(other, { status: "waiting", dueAt: now + 5, reason: "Answered 500." });
      assert.deepEqual(
        (await recordsOf(harness, mine)).map(({ status, at, attempts }) => [status, at, attempts]),
        [["waiting", now + 5, 1]],
      );
    });

    it("leases none, and keeps none, whose event was erased before it was added", async () => {
      await using harness = await open();
      const { deliveries, log } = harness;
      const webhookId = someWebhook();
      const [erased, stays] = [someUser(), someUser()];
      const [gone] = (await kept(harness, 1, erased)) as [LearningEvent];
      const [there] = (await kept(harness, 1, stays)) as [LearningEvent];
      await log.erase(erased);
      const leased = [gone, there].map((event) => ({ ...due(event, webhookId, now + 1_000), isLeased: true }));
      assert.deepEqual(
        (await deliveries.add(leased)).map(({ event }) => event.id),
        [there.id],
      );
      assert.deepEqual(
        (await recordsOf(harness, webhookId)).map(({ eventId }) => eventId),
        [there.id],
      );
    });

    it("gives one that is added leased by several at once to one of them, and none that was there", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const webhookIds = Array.from({ length: 5 }, someWebhook);
      const [event, old] = (await kept(harness, 2)) as [LearningEvent, LearningEvent];
      await deliveries.add(webhookIds.map((webhookId) => due(old, webhookId)));
      const leased = [event, old].flatMap((each) =>
        webhookIds.map((webhookId) => ({ ...due(each, webhookId, now + 1_000), isLeased: true })),
      );
      const claims = (await Promise.all(Array.from({ length: 5 }, () => deliveries.add(leased)))).flat();
      assert.deepEqual(
        claims.map((claim) => `${claim.webhookId} ${claim.event.id}`).toSorted(),
        webhookIds.map((webhookId) => `${webhookId} ${event.id}`).toSorted(),
      );
      // What was there is due, and nobody's.
      for (const webhookId of webhookIds) {
        assert.deepEqual(
          (await deliveries.claim(webhookId, 9, lease)).map((claim) => claim.event.id),
          [old.id],
        );
      }
      for (const claim of claims) await deliveries.settle(claim, { status: "done", at: now });
      assert.deepEqual(await deliveries.add(leased), []);
    });

    it("gives several webhooks that claim at once each its own, however many wait for one of them", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const [crowded, one, other, idle] = [someWebhook(), someWebhook(), someWebhook(), someWebhook()];
      const events = await kept(harness, 30);
      await deliveries.add(events.map((event, index) => due(event, crowded, now - index)));
      await deliveries.add([due(events[0]!, one), due(events[1]!, one, now + 1), due(events[2]!, other, now - 100)]);
      const claims = await Promise.all([crowded, one, other, idle].map((id) => deliveries.claim(id, 4, lease)));
      assert.deepEqual(
        claims.map((own) => new Set(own.map(({ event }) => events.findIndex(({ id }) => id === event.id)))),
        [[26, 27, 28, 29], [0], [2], []].map((indices) => new Set(indices)),
      );
      const outcomes = claims.flat().map((claim) => deliveries.settle(claim, { status: "done", at: now }));
      await Promise.all(outcomes);
      const left = await Promise.all([crowded, one, other].map((id) => recordsOf(harness, id)));
      assert.deepEqual(
        left.map((records) => records.filter(({ status }) => status === "waiting").length),
        [26, 1, 0],
      );
    });

    it("gives each delivery to one of several who claim at once, until the lease ends", async () => {
      await using harness = await open();
      const { deliveries } = harness;
      const webhookId = someWebhook();
      const events = await kept(harness, 12);
      await deliveries.add(events.map((event) => due(event, webhookId)));
      const claims = (await Promise.all([1, 2, 3, 4].map(() => deliveries.claim(webhookId, 5, lease)))).flat();
      const ids = claims.map(({ event }) => event.id);
      assert.equal(new Set(ids).size, ids.length);
      const rest = await deliveries.claim(webhookId, 20, lease);
      assert.equal(ids.length + rest.length, events.length);
      assert.deepEqual(await deliveries.claim(webhookId, 20, { ...lease, now: now + 999 }), []);
      assert.equal((await deliveries.claim(webhookId, 20, { ...lease, now: now + 1_000 })).length, events.length);
    });

    it("ends what is done, and keeps it from being delivered again", async () => {
      await using harness = await open();
      const { deliveries, webhookId, event } = await oneDue(harness);
      const [claim] = await deliveries.claim(webhookId, 1, lease);
      await deliveries.settle(claim!, { status: "done", at: now + 5 });
      const done = { eventId: event.id, webhookId, status: "done", attempts: 0, reason: null, at: now + 5 };
      assert.deepEqual(await recordsOf(harness, webhookId), [done]);
      await deliveries.add([due(event, webhookId)]);
      assert.deepEqual(await deliveries.claim(webhookId, 1, { ...lease, now: expiresAt }), []);
    });

    it("counts what failed, says why, and has it due again when it is told to", async () => {
      await using harness = await open();
      const { deliveries, webhookId, event } = await oneDue(harness);
      const [first] = await deliveries.claim(webhookId, 1, lease);
      await deliveries.settle(first!, { status: "waiting", dueAt: now + 50, reason: "Answered 500." });
      const waiting = { eventId: event.id, webhookId, status: "waiting", attempts: 1, reason: "Answered 500." };
      assert.deepEqual(await recordsOf(harness, webhookId), [{ ...waiting, at: now + 50 }]);
      assert.deepEqual(await deliveries.claim(webhookId, 1, { ...lease, now: now + 49 }), []);
      const [second] = await deliveries.claim(webhookId, 1, { ...lease, now: now + 50 });
      assert.equal(second?.attempts, 1);
      await deliveries.settle(second, { status: "dead", at: now + 60, reason: "Answered 501." });
      const dead = { ...waiting, status: "dead", attempts: 2, reason: "Answered 501.", at: now + 60 };
      assert.deepEqual(await recordsOf(harness, webhookId), [dead]);
      assert.deepEqual(await deliveries.claim(webhookId, 1, { ...lease, now: expiresAt }), []);
    });

    it("counts nothing for what was given back, and has it due at once", async () => {
      await using harness = await open();
      const { deliveries, webhookId, event } = await oneDue(harness);
      const [claim] = await deliveries.claim(webhookId, 1, lease);
      await deliveries.settle(claim!, { status: "released", dueAt: now });
      const [again] = await deliveries.claim(webhookId, 1, lease);
      assert.deepEqual([again?.event, again?.attempts], [event, 0]);
    });

    it("believes who has lost the lease that it is done, and nothing else", async () => {
      await using harness = await open();
      const { deliveries, webhookId } = await oneDue(harness);
      const [late] = await deliveries.claim(webhookId, 1, lease);
      const [present] = await deliveries.claim(webhookId, 1, { ...lease, now: now + 1_000 });
      assert.ok(late && present && late.lease !== present.lease);
      const before = await recordsOf(harness, webhookId);
      await deliveries.settle(late, { status: "waiting", dueAt: now, reason: "late" });
      await deliveries.settle(late, { status: "released", dueAt: now });
      await deliveries.settle(late, { status: "dead", at: now, reason: "late" });
      assert.deepEqual(await recordsOf(harness, webhookId), before);
      await deliveries.settle(late, { status: "done", at: now });
      await deliveries.settle(present, { status: "waiting", dueAt: now, reason: "late, too" });
      assert.deepEqual(
        (await recordsOf(harness, webhookId)).map(({ status }) => status),
        ["done"],
      );
    });
  });
}
