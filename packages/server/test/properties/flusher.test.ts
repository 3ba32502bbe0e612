import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { FlusherRig } from "./flusher-rig.ts";
import { type Mood, nameOf } from "./moody-store.ts";
import { lectureIds } from "./workbench.ts";

const mood = fc.constantFrom<Mood>("written", "written", "refused", "lost", "late", "silent");
const students = 8;

type Step =
  | { readonly type: "save"; readonly student: number; readonly seconds: number }
  | { readonly type: "flush"; readonly all: boolean; readonly moods: readonly Mood[] }
  | { readonly type: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("save" as const),
      student: fc.nat({ max: students - 1 }),
      seconds: fc.nat({ max: 3_600 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("flush" as const),
      all: fc.boolean(),
      moods: fc.array(mood, { maxLength: students, size: "max" }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.constantFrom(1_000, 16_000, 4_000_000) }),
  },
);

/** What was saved last in each lecture, by student. */
class Saved extends Map<number, Map<string, number>> {
  note(student: number, seconds: number): void {
    const lectures = this.get(student) ?? new Map<string, number>();
    this.set(student, lectures.set(lectureIds[seconds % lectureIds.length] ?? "", seconds));
  }
}

describe("a flusher over a store that may do anything", () => {
  test("acknowledges only what was proven, and in the end everything arrives", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30, size: "max" }), async (steps) => {
        await using rig = new FlusherRig();
        const saved = new Saved();
        for (const next of steps) {
          if (next.type === "save") {
            await rig.save(next.student, next.seconds);
            saved.note(next.student, next.seconds);
          } else if (next.type === "flush") {
            rig.store.moods = [...next.moods];
            const { claimed, written, refused, unknown } = await rig.flusher.flushOnce({ all: next.all });
            assert.equal(written + refused + unknown, claimed);
          } else rig.clock.advance(next.ms);
          await rig.checkNothingIsForgotten(saved);
        }
        rig.store.moods = [];
        // Longer than any lease and any pause.
        rig.clock.advance(4_000_000);
        const { dirtyKeys } = await rig.stores.buffer.stats();
        assert.deepEqual(await rig.flusher.drain(), { written: dirtyKeys, left: 0 });
        await rig.checkNothingIsForgotten(saved);
        assert.deepEqual(rig.told.missing, []);
      }),
      { numRuns: 200 },
    );
  });

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
        await rig.checkNothingIsForgotten(new Saved([[1, new Map([["intro", 30]])]]));

        assert.ok(await rig.stores.buffer.retryPoison(key));
        assert.deepEqual(await rig.flusher.drain(), { written: 1, left: 0 });
        assert.deepEqual(await rig.stores.buffer.poisonKeys(9), []);
      }),
      { numRuns: 30 },
    );
  });

  test("leaves a store that does not answer alone, probes it with a few keys, and goes on when it answers", async () => {
    await using rig = new FlusherRig();
    for (let student = 0; student < 40; student++) await rig.save(student, student);
    rig.clock.advance(2 * rig.policy.intervalMs);
    rig.store.moods = Array.from({ length: 40 }, () => "lost");
    rig.flusher.start();
    await rig.settle();
    assert.deepEqual(
      rig.store.batches.map((keys) => keys.length),
      [40],
    );
    const [pause = 0] = rig.told.pauses;

    rig.clock.advance(pause - 1);
    await rig.settle();
    assert.equal(rig.store.batches.length, 1, "it did not wait");

    // The leases have ended, the store is still away: one probe for each pause.
    rig.store.moods = Array.from({ length: rig.policy.probeSize }, () => "lost");
    rig.clock.advance(20_000);
    await rig.settle();
    assert.deepEqual(
      rig.store.batches.map((keys) => keys.length),
      [40, 5],
    );
    assert.equal(rig.told.reachable, 0);

    rig.clock.advance(40_000);
    await rig.settle();
    rig.clock.advance(1_000);
    await rig.settle();
    assert.equal(rig.told.reachable, 1);
    assert.deepEqual(
      rig.store.batches.slice(2).map((keys) => keys.length),
      [5, 35],
    );
    assert.equal((await rig.stores.buffer.stats()).dirtyKeys, 0);
  });
});
