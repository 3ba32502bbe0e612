import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maxSessionLeadMs, nextStamp, resetLeadMs, stampTime } from "../../src/domain/stamp.ts";
import { stampAt } from "../support/ids.ts";
import { BufferFixture, type OpenBuffer } from "./buffer-fixture.ts";

export function startOverContract(open: OpenBuffer): void {
  describe("starting over", () => {
    it("forgets all positions of the course, and says up to when", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1, { at: "a" });
      await fixture.save(2, { at: "b" });
      await fixture.save(3, { key: fixture.otherCourse() });
      const before = await fixture.buffer.now();
      const reset = await fixture.buffer.startOver(fixture.key, null);
      assert.ok(stampTime(reset) >= before + resetLeadMs);
      assert.ok(stampTime(reset) <= (await fixture.buffer.now()) + resetLeadMs);
      const { positions, reset: read } = await fixture.buffer.read(fixture.key);
      assert.deepEqual({ positions, reset: read }, { positions: new Map(), reset });
      assert.deepEqual(await fixture.seconds(fixture.otherCourse()), { intro: 3 });
    });

    it("makes the key dirty, so that the store hears of it", async () => {
      await using fixture = await BufferFixture.open(open);
      const reset = await fixture.buffer.startOver(fixture.key, null);
      assert.equal(await fixture.isDirty(), true);
      const claim = await fixture.claim();
      assert.deepEqual({ reset: claim.reset, positions: claim.positions }, { reset, positions: new Map() });
    });

    it("comes after everything buffered, also after a session ahead of the clock", async () => {
      await using fixture = await BufferFixture.open(open);
      const ahead = stampAt((await fixture.buffer.now()) + 4_500, 3);
      await fixture.save(1, { stamp: ahead });
      assert.ok((await fixture.buffer.startOver(fixture.key, null)) >= ahead);
      assert.deepEqual(await fixture.seconds(), {});
    });

    it("comes after everything the store has", async () => {
      await using fixture = await BufferFixture.open(open);
      const newest = stampAt((await fixture.buffer.now()) + 3_600_000, 3);
      assert.ok((await fixture.buffer.startOver(fixture.key, newest)) >= newest);
    });

    it("ignores what the store has when that is older", async () => {
      await using fixture = await BufferFixture.open(open);
      const before = await fixture.buffer.now();
      const reset = await fixture.buffer.startOver(fixture.key, stampAt(before - 3_600_000));
      assert.ok(stampTime(reset) >= before + resetLeadMs);
    });

    it("lets no late save bring a position back", async () => {
      await using fixture = await BufferFixture.open(open);
      const earlier = stampAt((await fixture.buffer.now()) - 500);
      await fixture.save(1, { stamp: earlier });
      const reset = await fixture.buffer.startOver(fixture.key, null);
      const late = [earlier, stampAt(stampTime(earlier), 1), reset];
      for (const stamp of late) {
        for (const at of ["intro", "other"]) {
          const outcome = await fixture.save(99, { stamp, at });
          assert.deepEqual({ status: outcome.status, stamp: outcome.stamp }, { status: "superseded", stamp: reset });
        }
      }
      assert.deepEqual(await fixture.seconds(), {});
    });

    it("takes plain saves that come after it, before its lead is over", async () => {
      await using fixture = await BufferFixture.open(open);
      const reset = await fixture.buffer.startOver(fixture.key, null);
      const [one, two] = [await fixture.save(1, { at: "a" }), await fixture.save(2, { at: "b" })];
      assert.ok(reset < one.stamp && one.stamp < two.stamp);
      assert.deepEqual(await fixture.seconds(), { a: 1, b: 2 });
    });

    it("answers with a server time from which a session counts at once", async () => {
      await using fixture = await BufferFixture.open(open);
      const reset = await fixture.buffer.startOver(fixture.key, null);
      const { serverTime } = await fixture.save(1);
      assert.ok(serverTime > stampTime(reset));
      assert.equal((await fixture.save(2, { at: "b", stamp: stampAt(serverTime) })).status, "stored");
      const late = await fixture.save(3, { at: "b", stamp: reset });
      assert.ok(late.status === "superseded" && late.serverTime > stampTime(reset));
    });

    it("locks no session out that starts from its server time, however far in the future the reset is", async () => {
      await using fixture = await BufferFixture.open(open);
      const far = stampAt((await fixture.buffer.now()) + 3_600_000, 3);
      const reset = await fixture.buffer.startOver(fixture.key, far);
      const { serverTime } = await fixture.save(1);
      assert.ok(serverTime > stampTime(reset));
      for (const lead of [0, maxSessionLeadMs]) {
        assert.equal((await fixture.save(lead, { at: "b", stamp: stampAt(serverTime + lead) })).status, "stored");
      }
      const ahead = await fixture.offer(9, { at: "b", stamp: stampAt(serverTime + maxSessionLeadMs + 1) });
      assert.deepEqual(ahead, { status: "ahead", serverTime });
      assert.deepEqual(await fixture.seconds(), { intro: 1, b: maxSessionLeadMs });
    });

    it("takes the stamp right after it", async () => {
      await using fixture = await BufferFixture.open(open);
      const reset = await fixture.buffer.startOver(fixture.key, null);
      assert.equal((await fixture.save(1, { stamp: nextStamp(reset) })).status, "stored");
    });

    it("never goes back when it is done again", async () => {
      await using fixture = await BufferFixture.open(open);
      const far = stampAt((await fixture.buffer.now()) + 3_600_000);
      const first = await fixture.buffer.startOver(fixture.key, far);
      const second = await fixture.buffer.startOver(fixture.key, null);
      assert.ok(second >= first);
      const { stamp } = await fixture.save(4);
      assert.ok((await fixture.buffer.startOver(fixture.key, null)) >= stamp);
      assert.deepEqual(await fixture.seconds(), {});
    });

    it("is remembered when the store has it", async () => {
      await using fixture = await BufferFixture.open(open);
      const reset = await fixture.buffer.startOver(fixture.key, null);
      await fixture.flush();
      assert.equal(await fixture.isDirty(), false);
      assert.equal((await fixture.buffer.read(fixture.key)).reset, reset);
      assert.equal((await fixture.save(1, { stamp: stampAt(stampTime(reset) - 1) })).status, "superseded");
    });

    it("between claim and acknowledgement leaves the key dirty", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const claim = await fixture.claim();
      const reset = await fixture.buffer.startOver(fixture.key, null);
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["changed"]);
      const again = await fixture.claim();
      assert.deepEqual({ reset: again.reset, positions: again.positions }, { reset, positions: new Map() });
    });
  });
}
