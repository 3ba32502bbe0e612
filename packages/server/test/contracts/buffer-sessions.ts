import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maxSessionLeadMs } from "../../src/domain/stamp.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { BufferFixture, type OpenBuffer } from "./buffer-fixture.ts";

export function sessionContract(open: OpenBuffer): void {
  describe("saving in a session", () => {
    it("keeps the session's own stamp", async () => {
      await using fixture = await BufferFixture.open(open);
      const stamp = stampAt((await fixture.buffer.now()) - 90_000, 7, 0xbeef);
      const outcome = await fixture.save(12, { stamp });
      assert.deepEqual({ status: outcome.status, stamp: outcome.stamp }, { status: "stored", stamp });
      assert.equal(outcome.persisted, null);
      assert.deepEqual(
        (await fixture.buffer.read(fixture.key)).positions,
        new Map([["intro", { stamp, seconds: 12 }]]),
      );
    });

    it("keeps it when the session goes on", async () => {
      await using fixture = await BufferFixture.open(open);
      const now = await fixture.buffer.now();
      for (let seq = 0; seq < 3; seq++) {
        const stamp = stampAt(now - 30_000 + seq * 5_000, seq, 0xbeef);
        const { status, stamp: told, serverTime } = await fixture.save(seq, { stamp });
        assert.deepEqual({ status, told }, { status: "stored", told: stamp });
        assert.ok(now <= serverTime && serverTime <= (await fixture.buffer.now()));
        assert.deepEqual((await fixture.buffer.read(fixture.key)).positions.get(lecture("intro")), {
          stamp,
          seconds: seq,
        });
      }
    });

    it("never moves a position back, and tells the stamp that won", async () => {
      await using fixture = await BufferFixture.open(open);
      const now = await fixture.buffer.now();
      const newer = stampAt(now - 1_000, 4);
      await fixture.save(40, { stamp: newer });
      for (const older of [stampAt(now - 1_000, 3, 2), stampAt(now - 1_001, 99), stampAt(0)]) {
        const { status, stamp } = await fixture.save(99, { stamp: older });
        assert.deepEqual({ status, stamp }, { status: "superseded", stamp: newer });
      }
      assert.deepEqual(await fixture.seconds(), { intro: 40 });
    });

    it("orders by time, then by sequence, then by session", async () => {
      await using fixture = await BufferFixture.open(open);
      const t = (await fixture.buffer.now()) - 5_000;
      const ascending = [stampAt(t, 9, 9), stampAt(t + 1, 0, 1), stampAt(t + 1, 1, 1), stampAt(t + 1, 1, 2)];
      for (const [seconds, stamp] of ascending.entries()) {
        assert.equal((await fixture.save(seconds, { stamp })).status, "stored");
      }
      assert.deepEqual(await fixture.seconds(), { intro: 3 });
    });

    it("takes a rewind", async () => {
      await using fixture = await BufferFixture.open(open);
      const now = await fixture.buffer.now();
      await fixture.save(300, { stamp: stampAt(now - 10, 1) });
      await fixture.save(2, { stamp: stampAt(now - 10, 2) });
      assert.deepEqual(await fixture.seconds(), { intro: 2 });
    });

    it("stores the same save once, however often it is repeated", async () => {
      await using fixture = await BufferFixture.open(open);
      const stamp = stampAt(await fixture.buffer.now(), 1);
      for (const seconds of [8, 8, 9]) {
        const outcome = await fixture.save(seconds, { stamp });
        assert.deepEqual({ status: outcome.status, stamp: outcome.stamp }, { status: "stored", stamp });
      }
      assert.deepEqual(await fixture.seconds(), { intro: 8 });
    });

    it("takes a session as far ahead of the clock as it may be", async () => {
      await using fixture = await BufferFixture.open(open);
      const stamp = stampAt((await fixture.buffer.now()) + maxSessionLeadMs);
      assert.equal((await fixture.save(1, { stamp })).status, "stored");
    });

    it("refuses a session further ahead and stores nothing of it", async () => {
      await using fixture = await BufferFixture.open(open);
      const before = await fixture.buffer.now();
      const outcome = await fixture.offer(1, { stamp: stampAt(before + maxSessionLeadMs + 60_000) });
      assert.ok(outcome.status === "ahead");
      assert.ok(before <= outcome.serverTime && outcome.serverTime <= (await fixture.buffer.now()));
      assert.deepEqual(await fixture.seconds(), {});
      assert.equal(await fixture.isDirty(), false);
    });

    it("keeps what is stored when a session too far ahead is refused", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(5);
      await fixture.offer(6, { stamp: stampAt((await fixture.buffer.now()) + 60_000) });
      assert.deepEqual(await fixture.seconds(), { intro: 5 });
    });

    it("lets a position from before any server time fill an empty place, never replace", async () => {
      await using fixture = await BufferFixture.open(open);
      const offline = stampAt(35_000, 7);
      await fixture.save(5);
      assert.equal((await fixture.save(70, { stamp: offline })).status, "superseded");
      assert.equal((await fixture.save(80, { stamp: offline, at: "new" })).status, "stored");
      assert.deepEqual(await fixture.seconds(), { intro: 5, new: 80 });
    });

    it("lets an older session of one lecture pass a newer one of another", async () => {
      await using fixture = await BufferFixture.open(open);
      const now = await fixture.buffer.now();
      await fixture.save(1, { at: "a", stamp: stampAt(now) });
      assert.equal((await fixture.save(2, { at: "b", stamp: stampAt(now - 60_000) })).status, "stored");
    });
  });
}
