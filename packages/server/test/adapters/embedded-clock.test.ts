import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EmbeddedPositionBuffer } from "../../src/adapters/embedded/buffer.ts";
import { maxSessionLeadMs } from "../../src/domain/stamp.ts";
import { BufferFixture } from "../contracts/buffer-fixture.ts";
import { aDay, stampAt } from "../support/ids.ts";
import { TestClock } from "../support/test-clock.ts";
import { openDataFile, spoil } from "./data-file.ts";

const flushIntervalMs = 300_000;

/** What a test can say exactly because it holds the clock. */
async function openAt(clock: TestClock): Promise<BufferFixture> {
  return BufferFixture.open(
    async (options) => {
      const { database, dispose } = await openDataFile();
      return {
        buffer: new EmbeddedPositionBuffer(database, { clock, ...options }),
        spoil: async (key) => spoil(database, "buffer_positions", key),
        [Symbol.asyncDispose]: dispose,
      };
    },
    { flushIntervalMs },
  );
}

describe("The embedded buffer, by the clock,", () => {
  it("refuses a session one millisecond too far ahead, and none before", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    const limit = clock.now() + maxSessionLeadMs;
    assert.equal((await fixture.offer(1, { stamp: stampAt(limit, 99_999_999, 0xffff) })).status, "stored");
    assert.deepEqual(await fixture.offer(1, { stamp: stampAt(limit + 1) }), {
      status: "ahead",
      serverTime: clock.now(),
    });
  });

  it("loses nothing when the clock is set back", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    const before = await fixture.save(10);
    const claim = await fixture.claim();
    clock.advance(-600_000);
    const after = await fixture.save(20);
    assert.ok(after.stamp > before.stamp);
    assert.deepEqual(await fixture.seconds(), { intro: 20 });
    assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["changed"]);
  });

  it("flushes at once what became dirty under a clock that was set back by more than any key waits", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    await fixture.save(10);
    await fixture.save(20, { key: fixture.otherStudent() });
    assert.deepEqual(await fixture.claims({ all: false }), []);
    clock.advance(-aDay);
    const claims = await fixture.claims({ all: false });
    assert.equal(claims.length, 2);
    assert.deepEqual(await fixture.claims({ all: false }), []);
    assert.deepEqual(await fixture.buffer.acknowledge(claims), ["clean", "clean"]);
  });

  it("lets a session go on from the time it is told when the clock is set back, and from no later one", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    const first = await fixture.save(10, { stamp: stampAt(clock.now(), 1) });
    clock.advance(-600_000);
    const lost = await fixture.save(20, { stamp: stampAt(clock.now(), 2) });
    assert.deepEqual([lost.status, lost.stamp], ["superseded", first.stamp]);
    assert.equal(lost.serverTime, clock.now() + 600_001);
    const ahead = await fixture.offer(25, { stamp: stampAt(lost.serverTime + maxSessionLeadMs + 1) });
    assert.deepEqual(ahead, { status: "ahead", serverTime: lost.serverTime });
    assert.equal((await fixture.save(30, { stamp: stampAt(lost.serverTime) })).status, "stored");
    assert.deepEqual(await fixture.seconds(), { intro: 30 });
  });

  it("makes a key due between 0.9 and 1.1 intervals after its first save", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    const keys = Array.from({ length: 300 }, () => fixture.otherStudent());
    for (const key of keys) await fixture.save(1, { key });
    clock.advance(0.9 * flushIntervalMs - 1);
    assert.equal((await fixture.claims({ all: false })).length, 0);
    clock.advance(0.1 * flushIntervalMs);
    const half = (await fixture.claims({ all: false })).length;
    assert.ok(half > 100 && half < 200, `${half} of 300 in the first half`);
    clock.advance(0.1 * flushIntervalMs + 1);
    assert.equal((await fixture.claims({ all: false })).length, 300 - half);
  });

  it("makes a key that was saved to due one interval after the claim, and dirty since the claim", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    await fixture.save(1);
    clock.advance(2 * flushIntervalMs);
    const claim = await fixture.claim();
    const { claimedAt } = claim;
    await fixture.save(2);
    clock.advance(1_000);
    await fixture.buffer.acknowledge([claim]);
    assert.equal((await fixture.buffer.stats()).oldestDirtyAt, claimedAt);
    clock.set(claimedAt + flushIntervalMs - 1);
    assert.equal((await fixture.claims({ all: false })).length, 0);
    clock.set(claimedAt + flushIntervalMs);
    assert.equal((await fixture.claims({ all: false })).length, 1);
  });

  it("ends a lease to the millisecond", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    await fixture.save(1);
    await fixture.claim({ leaseMs: 15_000 });
    clock.advance(14_999);
    for (const all of [true, false]) assert.equal((await fixture.claims({ all })).length, 0);
    clock.advance(1);
    assert.equal((await fixture.claims({ all: false })).length, 1);
  });

  it("does not end another flusher's lease with a late release, refusal or acknowledgement", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    await fixture.save(1);
    const late = await fixture.claim({ leaseMs: 10 });
    clock.advance(10);
    await fixture.save(2);
    await fixture.claim({ leaseMs: 15_000 });
    await fixture.buffer.release([late]);
    await fixture.buffer.postpone(late, 0, { reason: "no", poison: false });
    await fixture.buffer.acknowledge([late]);
    assert.equal((await fixture.claims()).length, 0);
  });

  it("keeps a clean key for a day, then forgets it with the next claim", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    await fixture.save(1);
    await fixture.flush();
    clock.advance(aDay - 1);
    await fixture.claims();
    assert.deepEqual(await fixture.seconds(), { intro: 1 });
    clock.advance(1);
    await fixture.claims();
    assert.deepEqual(await fixture.seconds(), {});
  });

  it("never forgets a dirty key, however old", async () => {
    const clock = new TestClock();
    await using fixture = await openAt(clock);
    await fixture.save(1);
    await fixture.flush();
    await fixture.save(2);
    clock.advance(400 * aDay);
    await fixture.claim({ leaseMs: 10 });
    clock.advance(400 * aDay);
    assert.equal((await fixture.claims()).length, 1);
    assert.deepEqual(await fixture.seconds(), { intro: 2 });
  });
});
