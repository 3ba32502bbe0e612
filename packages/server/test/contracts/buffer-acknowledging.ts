import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { stampAt } from "../support/ids.ts";
import { BufferFixture, type OpenBuffer } from "./buffer-fixture.ts";

export function acknowledgeContract(open: OpenBuffer): void {
  describe("acknowledging", () => {
    it("cleans a key that nobody has saved to since", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      assert.deepEqual(await fixture.buffer.acknowledge([await fixture.claim()]), ["clean"]);
      assert.equal(await fixture.isDirty(), false);
      assert.deepEqual(await fixture.claims(), []);
      assert.deepEqual(await fixture.seconds(), { intro: 1 });
    });

    it("leaves a key dirty that was saved to since, due one interval after the claim", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const claim = await fixture.claim();
      await fixture.save(2);
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["changed"]);
      assert.equal(await fixture.isDirty(), true);
      assert.deepEqual(await fixture.claims({ all: false }), []);
      const again = await fixture.claim();
      assert.deepEqual(
        [...again.positions.values()].map(({ seconds }) => seconds),
        [2],
      );
      assert.deepEqual(await fixture.buffer.acknowledge([again]), ["clean"]);
    });

    it("brings a key that was saved to back after the interval", async () => {
      await using fixture = await BufferFixture.open(open, { flushIntervalMs: 60 });
      await fixture.save(1);
      const claim = await fixture.claim();
      await fixture.save(2);
      await fixture.buffer.acknowledge([claim]);
      const again = await fixture.claimSoon();
      assert.ok(again.claimedAt >= claim.claimedAt + 60, `after ${again.claimedAt - claim.claimedAt} ms`);
    });

    it("sees a save of another lecture as well", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1, { at: "a" });
      const claim = await fixture.claim();
      await fixture.save(2, { at: "b", stamp: stampAt(0) });
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["changed"]);
    });

    it("keeps what was flushed beside what was not, until all is", async () => {
      await using fixture = await BufferFixture.open(open);
      for (const at of ["a", "b"]) await fixture.save(1, { at });
      const claim = await fixture.claim();
      await fixture.save(2, { at: "b" });
      await fixture.save(2, { at: "c" });
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["changed"]);
      assert.deepEqual(await fixture.seconds(), { a: 1, b: 2, c: 2 });
      await fixture.save(3, { at: "c" });
      assert.deepEqual(await fixture.buffer.acknowledge([await fixture.claim()]), ["clean"]);
      assert.deepEqual(await fixture.seconds(), { a: 1, b: 2, c: 3 });
      await fixture.save(4, { at: "a" });
      await fixture.flush();
      assert.deepEqual(await fixture.seconds(), { a: 4, b: 2, c: 3 });
      assert.equal(await fixture.isDirty(), false);
    });

    it("does not count saves that changed nothing", async () => {
      await using fixture = await BufferFixture.open(open);
      const now = await fixture.buffer.now();
      await fixture.save(1, { stamp: stampAt(now) });
      const claim = await fixture.claim();
      await fixture.save(1, { stamp: stampAt(now) });
      await fixture.save(1, { stamp: stampAt(now - 1) });
      await fixture.offer(1, { stamp: stampAt(now + 60_000) });
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["clean"]);
    });

    it("answers each claim, in order", async () => {
      await using fixture = await BufferFixture.open(open);
      const [changed, missing] = [fixture.otherCourse("changed"), fixture.otherStudent()];
      for (const key of [fixture.key, changed, missing]) await fixture.save(1, { key });
      const claims = await fixture.claims();
      await fixture.save(2, { key: changed });
      await fixture.buffer.erase(missing.userId, [missing.courseId]);
      const expected = claims.map(({ key }) => {
        if (key.userId === missing.userId) return "missing";
        return key.courseId === changed.courseId ? "changed" : "clean";
      });
      assert.deepEqual(await fixture.buffer.acknowledge(claims), expected);
      assert.deepEqual(expected.toSorted(), ["changed", "clean", "missing"]);
    });

    it("changes nothing the second time", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const claim = await fixture.claim();
      await fixture.buffer.acknowledge([claim]);
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["clean"]);
      assert.deepEqual(await fixture.seconds(), { intro: 1 });
      await fixture.save(2);
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["changed"]);
      assert.equal(await fixture.isDirty(), true);
    });

    it("answers nothing when there is nothing", async () => {
      await using fixture = await BufferFixture.open(open);
      assert.deepEqual(await fixture.buffer.acknowledge([]), []);
    });
  });

  describe("acknowledging late", () => {
    it("does not clean what was saved after another flusher's acknowledgement", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const late = await fixture.claim({ leaseMs: 1 });
      await fixture.buffer.acknowledge([await fixture.claimSoon()]);
      await fixture.save(2);
      assert.deepEqual(await fixture.buffer.acknowledge([late]), ["changed"]);
      assert.equal(await fixture.isDirty(), true);
      assert.deepEqual(
        [...(await fixture.claim()).positions.values()].map(({ seconds }) => seconds),
        [2],
      );
    });

    it("does not clean what another flusher holds", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const late = await fixture.claim({ leaseMs: 1 });
      await fixture.save(2);
      const current = await fixture.claimSoon();
      assert.deepEqual(await fixture.buffer.acknowledge([late]), ["changed"]);
      assert.equal(await fixture.isDirty(), true);
      assert.deepEqual(await fixture.buffer.acknowledge([current]), ["clean"]);
      assert.equal(await fixture.isDirty(), false);
    });

    it("does not make a clean key dirty", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const late = await fixture.claim({ leaseMs: 1 });
      await fixture.save(2);
      await fixture.buffer.acknowledge([await fixture.claimSoon()]);
      assert.deepEqual(await fixture.buffer.acknowledge([late]), ["clean"]);
      assert.equal(await fixture.isDirty(), false);
      assert.deepEqual(await fixture.claims(), []);
    });

    it("does not clean a key that was erased and came back", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const late = await fixture.claim();
      await fixture.buffer.erase(fixture.key.userId, [fixture.key.courseId]);
      await fixture.save(2);
      await fixture.buffer.acknowledge([late]);
      assert.equal(await fixture.isDirty(), true);
    });
  });

  describe("telling sessions what the store has", () => {
    /** By a save that is too old to change anything. */
    async function told(fixture: BufferFixture, at?: string): Promise<string | null> {
      return (await fixture.save(0, { stamp: stampAt(5), ...(at !== undefined && { at }) })).persisted;
    }

    it("begins with nothing", async () => {
      await using fixture = await BufferFixture.open(open);
      assert.equal((await fixture.save(1, { stamp: stampAt(4) })).persisted, null);
      await fixture.claim();
      assert.equal(await told(fixture), null);
    });

    it("tells the stamp that was claimed, of each lecture", async () => {
      await using fixture = await BufferFixture.open(open);
      const [a, b] = [await fixture.save(1, { at: "a" }), await fixture.save(2, { at: "b" })];
      await fixture.flush();
      assert.equal(await told(fixture, "a"), a.stamp);
      assert.equal(await told(fixture, "b"), b.stamp);
      assert.equal(await told(fixture, "c"), null);
    });

    it("tells it to newer saves too, and to none without a session", async () => {
      await using fixture = await BufferFixture.open(open);
      const { stamp } = await fixture.save(1);
      await fixture.flush();
      assert.equal((await fixture.save(2)).persisted, null);
      for (const leadMs of [-1, -1, 0, 1_000, 1_001]) {
        // Only then the clock is past the stamps before.
        await delay(5);
        const newer = stampAt((await fixture.buffer.now()) + leadMs);
        const { serverTime, ...outcome } = await fixture.save(3, { stamp: newer });
        assert.deepEqual(outcome, { status: "stored", stamp: newer, persisted: stamp });
        assert.ok(Math.abs(serverTime - (await fixture.buffer.now())) < 1_000);
      }
    });

    it("tells it when the key was saved to meanwhile", async () => {
      await using fixture = await BufferFixture.open(open);
      const { stamp } = await fixture.save(1);
      const claim = await fixture.claim();
      await fixture.save(2);
      await fixture.buffer.acknowledge([claim]);
      assert.equal(await told(fixture), stamp);
    });

    it("tells it to superseded and repeated saves too", async () => {
      await using fixture = await BufferFixture.open(open);
      const stamp = stampAt(await fixture.buffer.now());
      await fixture.save(1, { stamp });
      await fixture.flush();
      assert.equal((await fixture.save(1, { stamp })).persisted, stamp);
      assert.equal((await fixture.save(1, { stamp: stampAt(5) })).persisted, stamp);
    });

    it("never goes back with a late acknowledgement", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const late = await fixture.claim({ leaseMs: 1 });
      const { stamp } = await fixture.save(2);
      await fixture.buffer.acknowledge([await fixture.claimSoon()]);
      await fixture.buffer.acknowledge([late]);
      assert.equal(await told(fixture), stamp);
    });
  });
}
