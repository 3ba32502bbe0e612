import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { FlusherRig } from "./flusher-rig.ts";
import { type Mood, nameOf } from "./moody-store.ts";

describe("a flusher", () => {
  test("lists a key that is refused five times, keeps it dirty and readable, and writes it once it may", async () => {
    const others = fc.array(fc.constantFrom<Mood>("lost", "late"), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(others, async (interruptions) => {
        await using rig = new FlusherRig();
        await rig.save(1, 30);
        // What is unknown is no refusal, whenever it happens.
        const answers: Mood[] = ["refused", ...interruptions, "refused", "refused", "refused"];
        for (const answer of answers) {
          rig.store.moods = [answer];
          assert.equal((await rig.flusher.flushOnce({ all: true })).claimed, 1);
          rig.clock.advance(4_000_000);
          assert.deepEqual([rig.told.poisoned, await rig.stores.buffer.poisonKeys(9)], [[], []]);
        }
        rig.store.moods = ["refused"];
        await rig.flusher.flushOnce({ all: true });
        const key = rig.keyOf(1);
        assert.deepEqual(rig.told.poisoned, [nameOf(key)]);
        const [listed] = await rig.stores.buffer.poisonKeys(9);
        assert.deepEqual(listed, { key, attempts: 5, reason: "not this one" });
        assert.ok(await rig.isDirty(1));
        await rig.checkNothingIsForgotten(new Map([[1, new Map([["intro", 30]])]]));

        assert.ok(await rig.stores.buffer.retryPoison(key));
        assert.deepEqual(await rig.flusher.drain(), { written: 1, left: 0 });
        assert.deepEqual(await rig.stores.buffer.poisonKeys(9), []);
      }),
      { numRuns: 30 },
    );
  });

  test("leaves a store that does not answer alone, probes it with a few keys, and goes on when it answers", async () => {
    await using rig = new FlusherRig();
    for (let student = 0; student < 240; student++) await rig.save(student, student);
    rig.clock.advance(2 * rig.policy.intervalMs);
    rig.store.moods = Array.from({ length: 200 }, () => "lost");
    rig.flusher.start();
    await rig.settle();
    assert.deepEqual(
      rig.store.batches.map((keys) => keys.length),
      [200],
    );
    const [pause = 0] = rig.told.pauses;

    rig.clock.advance(pause - 1);
    await rig.settle();
    assert.equal(rig.store.batches.length, 1, "it did not wait, though others are due");

    // The leases have ended, the store is still away: one probe for each pause.
    rig.store.moods = Array.from({ length: rig.policy.probeSize }, () => "lost");
    rig.clock.advance(20_000);
    await rig.settle();
    assert.deepEqual(
      rig.store.batches.map((keys) => keys.length),
      [200, 5],
    );
    assert.equal(rig.told.reachable, 0);

    rig.clock.advance(40_000);
    await rig.settle();
    rig.clock.advance(1_000);
    await rig.settle();
    assert.equal(rig.told.reachable, 1);
    assert.deepEqual(
      rig.store.batches.slice(2).map((keys) => keys.length),
      [5, 200, 35],
    );
    assert.equal((await rig.stores.buffer.stats()).dirtyKeys, 0);
  });

  test("asks nothing of a store that is away before the pause is over, however often it looks", async () => {
    await using rig = new FlusherRig();
    for (let student = 0; student < 240; student++) await rig.save(student, student);
    rig.clock.advance(2 * rig.policy.intervalMs);
    rig.store.moods = Array.from({ length: 10_000 }, () => "lost");
    rig.flusher.start();
    await rig.settle();
    while ((rig.told.pauses.at(-1) ?? 0) < 3_000) {
      rig.clock.advance(1_000);
      await rig.settle();
    }
    const before = rig.store.batches.length;
    rig.clock.advance(1_000);
    await rig.settle();
    assert.equal(rig.store.batches.length, before);
  });

  test("told to end, finishes its batch, gives back what it does not know of, and claims no more", async () => {
    await using rig = new FlusherRig();
    for (let student = 0; student < 3; student++) await rig.save(student, student);
    rig.clock.advance(2 * rig.policy.intervalMs);
    rig.store.moods = ["written", "late", "lost"];
    rig.flusher.start();
    await rig.flusher[Symbol.asyncDispose]();
    assert.equal(rig.store.batches.length, 1);
    const left = await rig.stores.buffer.claim(9, 15_000);
    assert.equal(left.length, 2, "another flusher need not wait for its leases");
  });
});
