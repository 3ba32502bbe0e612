import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { lecture } from "../support/ids.ts";
import { type OpenStore, positions, someTime, StoreFixture } from "./store-fixture.ts";

export function outboxContract(open: OpenStore): void {
  describe("the outbox", () => {
    it("lets go of the event that is settled, and of no other", async () => {
      await using fixture = await StoreFixture.open(open);
      const [first, second] = [await fixture.complete("a"), await fixture.complete("b")];
      await fixture.store.settle(fixture.key, first.id);
      const { rev, outbox, completedAt } = await fixture.read();
      assert.deepEqual(outbox, [second]);
      assert.deepEqual({ rev, completed: completedAt.size }, { rev: 2, completed: 2 });
    });

    it("does not mind settling twice, or what was never there", async () => {
      await using fixture = await StoreFixture.open(open);
      const event = await fixture.complete("a");
      for (const id of [event.id, event.id, "lecture.completed/nobody"]) await fixture.store.settle(fixture.key, id);
      assert.deepEqual((await fixture.read()).outbox, []);
      const unknown = fixture.otherCourse();
      await fixture.store.settle(unknown, event.id);
      assert.equal((await fixture.read(unknown)).rev, 0);
      assert.equal((await fixture.store.readAll(fixture.key.userId)).length, 1);
    });

    it("does not settle the same event of another course", async () => {
      await using fixture = await StoreFixture.open(open);
      const event = await fixture.complete("a");
      await fixture.store.settle(fixture.otherCourse(), event.id);
      assert.deepEqual((await fixture.read()).outbox, [event]);
    });

    it("keeps the event through undo, start over and flush", async () => {
      await using fixture = await StoreFixture.open(open);
      const event = await fixture.complete("a");
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      await fixture.join(positions({ a: [1, 1] }));
      assert.deepEqual((await fixture.read()).outbox, [event]);
    });
  });

  describe("finding what is unsettled", () => {
    async function unsettled(fixture: StoreFixture, before: number): Promise<ProgressKey[]> {
      const found = await fixture.store.unsettled(before, 10_000);
      return found.map(({ key }) => key).filter(({ userId }) => userId === fixture.key.userId);
    }

    it("names each key once, whose events are old enough", async () => {
      await using fixture = await StoreFixture.open(open);
      const later = fixture.otherCourse("later");
      await fixture.complete("a");
      await fixture.complete("b");
      await fixture.complete("a", later, someTime + 1_000);
      assert.deepEqual(await unsettled(fixture, someTime), []);
      assert.deepEqual(await unsettled(fixture, someTime + 1), [fixture.key]);
      assert.deepEqual(await unsettled(fixture, someTime + 1_000), [fixture.key]);
      const both = await unsettled(fixture, someTime + 1_001);
      assert.deepEqual(
        both.map(({ courseId }) => courseId).toSorted(),
        [fixture.key, later].map(({ courseId }) => courseId).toSorted(),
      );
    });

    it("names a key until its last old event is settled", async () => {
      await using fixture = await StoreFixture.open(open);
      const events = [await fixture.complete("a"), await fixture.complete("b")];
      for (const event of events) {
        assert.deepEqual(await unsettled(fixture, someTime + 1), [fixture.key]);
        await fixture.store.settle(fixture.key, event.id);
      }
      assert.deepEqual(await unsettled(fixture, someTime + 1), []);
    });

    it("tells since when each key waits", async () => {
      await using fixture = await StoreFixture.open(open);
      for (const [index, id] of ["b", "a", "c"].entries()) await fixture.complete(id, fixture.key, someTime + index);
      const found = await fixture.store.unsettled(someTime + 10, 10_000);
      const mine = found.filter(({ key }) => key.userId === fixture.key.userId);
      assert.deepEqual(mine, [{ key: fixture.key, since: someTime }]);
    });

    it("names no more than it is asked for", async () => {
      await using fixture = await StoreFixture.open(open);
      for (const name of ["a", "b", "c"]) await fixture.complete("intro", fixture.otherCourse(name));
      assert.equal((await fixture.store.unsettled(someTime + 1, 2)).length, 2);
    });
  });
}
