import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { joinPositions, type PositionState } from "../../src/domain/position.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import type { PositionWrite } from "../../src/ports/progress-store.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { type OpenStore, positions, StoreFixture } from "./store-fixture.ts";

const written = { status: "written" } as const;
const nothing: PositionState = { positions: new Map(), reset: null };

/** What flushes of several devices might carry. The same stamp always says the same. */
const state: fc.Arbitrary<PositionState> = fc.record({
  positions: fc
    .dictionary(
      fc.constantFrom("a", "b", "v", "0", "constructor"),
      fc.record({ t: fc.integer({ min: 1, max: 20 }), session: fc.integer({ min: 1, max: 3 }) }),
    )
    .map((entries) => {
      const stamps = Object.entries(entries).map(([id, { t, session }]) => {
        return [lecture(id), { stamp: stampAt(t, 0, session), seconds: t + session / 10 }] as const;
      });
      return new Map(stamps);
    }),
  reset: fc.option(
    fc.integer({ min: 1, max: 15 }).map((t) => stampAt(t)),
    { freq: 3, nil: null },
  ),
});

export function joinContract(open: OpenStore): void {
  describe("reading", () => {
    it("finds nothing where nothing is stored", async () => {
      await using fixture = await StoreFixture.open(open);
      assert.deepEqual(await fixture.read(), {
        rev: 0,
        flushedVersion: null,
        positions: new Map(),
        reset: null,
        completedAt: new Map(),
        completions: new Map(),
        courseCompletedAt: null,
        outbox: [],
      });
      assert.deepEqual(await fixture.store.readAll(fixture.key.userId), []);
    });

    it("answers for many keys as for each alone, in order, however many there are", async () => {
      await using fixture = await StoreFixture.open(open);
      const courses = ["507f1f77bcf86cd799439011", "a", "constructor"].map((name) => fixture.otherCourse(name));
      const students = Array.from({ length: 15 }, () => fixture.otherStudent().userId);
      const keys = students.flatMap((userId) => courses.map(({ courseId }) => ({ userId, courseId })));
      const known = keys.filter((_, index) => index % 4 > 0);
      await fixture.store.join(known.map((key, t) => ({ key, positions: positions({ intro: [t, t] }), reset: null })));
      await fixture.complete("intro", known[0]);
      keys.push(known[1] as ProgressKey);
      const answers = await Promise.all(fixture.store.readEach(keys));
      assert.deepEqual(answers, await Promise.all(keys.map((key) => fixture.read(key))));
      assert.equal(answers.filter((answer) => answer.positions.size === 1).length, known.length + 1);
      assert.deepEqual(fixture.store.readEach([]), []);
    });

    it("hands out all courses of a student for the export", async () => {
      await using fixture = await StoreFixture.open(open);
      const [one, two] = [fixture.otherCourse("a"), fixture.otherCourse("b")];
      await fixture.join(positions({ intro: [5, 1] }), null, one);
      await fixture.complete("intro", two);
      await fixture.complete("intro", fixture.otherStudent());
      const all = await fixture.store.readAll(fixture.key.userId);
      const expected = await Promise.all(
        [one, two].map(async (key) => ({ courseId: key.courseId, ...(await fixture.read(key)) })),
      );
      assert.deepEqual(
        all.toSorted((a, b) => (a.courseId < b.courseId ? -1 : 1)),
        expected,
      );
    });
  });

  describe("joining positions", () => {
    it("stores what was not there", async () => {
      await using fixture = await StoreFixture.open(open);
      const some = positions({
        a: [1, 0],
        b: [2, 12.345],
        constructor: [3, 1e9] as const,
        "0": [4, 4],
        v: [5, 5],
        reset: [6, 6],
      });
      assert.deepEqual(await fixture.join(some), written);
      assert.deepEqual((await fixture.read()).positions, some);
    });

    it("keeps the newest of each lecture", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(positions({ a: [10, 1], b: [10, 1] }));
      assert.deepEqual(await fixture.join(positions({ a: [11, 2], b: [9, 2], c: [1, 3] })), written);
      assert.deepEqual((await fixture.read()).positions, positions({ a: [11, 2], b: [10, 1], c: [1, 3] }));
    });

    it("takes a rewind: the stamp decides, not the seconds", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(positions({ a: [10, 500] }));
      await fixture.join(positions({ a: [11, 3] }));
      await fixture.join(positions({ a: [10, 500] }));
      assert.deepEqual((await fixture.read()).positions, positions({ a: [11, 3] }));
    });

    it("forgets positions up to the reset, whichever comes first", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(positions({ a: [10, 1], b: [20, 2], c: [30, 3] }));
      await fixture.join(new Map(), stampAt(20));
      await fixture.join(positions({ d: [15, 4], e: [25, 5] }));
      const { positions: left, reset } = await fixture.read();
      assert.deepEqual({ left, reset }, { left: positions({ c: [30, 3], e: [25, 5] }), reset: stampAt(20) });
    });

    it("never takes a reset back", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(new Map(), stampAt(20));
      await fixture.join(new Map(), stampAt(10));
      await fixture.join(positions({ a: [30, 1] }), null);
      assert.equal((await fixture.read()).reset, stampAt(20));
    });

    it("takes a write that says nothing", async () => {
      await using fixture = await StoreFixture.open(open);
      assert.deepEqual(await fixture.join(new Map()), written);
      assert.deepEqual((await fixture.read()).positions, new Map());
    });

    it("leaves revision, completions and outbox alone", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.complete("a");
      await fixture.completeCourse();
      const before = await fixture.read();
      await fixture.join(positions({ a: [10, 1] }), stampAt(5));
      assert.deepEqual(await fixture.read(), { ...before, positions: positions({ a: [10, 1] }), reset: stampAt(5) });
    });

    it("ends the same in any order, with any repetition, and with concurrent first writes", async () => {
      await using fixture = await StoreFixture.open(open);
      const histories = fc
        .array(state, { minLength: 1, maxLength: 6 })
        .chain((states) => fc.tuple(fc.constant(states), fc.shuffledSubarray([...states, ...states])));
      await fc.assert(
        fc.asyncProperty(histories, fc.boolean(), async ([states, again], isConcurrent) => {
          const key = fixture.otherCourse();
          const writes = [...again, ...states].map((each) => ({ key, ...each }));
          if (isConcurrent) await Promise.all(writes.map((write) => joinUntilWritten(fixture, write)));
          else for (const write of writes) await joinUntilWritten(fixture, write);
          const { positions: stored, reset } = await fixture.read(key);
          assert.deepEqual({ positions: stored, reset }, states.reduce(joinPositions, nothing));
        }),
        { numRuns: 60 },
      );
    });
  });

  describe("joining many", () => {
    it("answers each write, in order", async () => {
      await using fixture = await StoreFixture.open(open);
      const keys = Array.from({ length: 200 }, () => fixture.otherStudent());
      const writes = keys.map((key, index) => ({ key, positions: positions({ a: [index + 1, index] }), reset: null }));
      const outcomes = await fixture.store.join(writes);
      assert.deepEqual(
        outcomes,
        Array.from({ length: 200 }, () => written),
      );
      for (const { key, positions: expected } of writes)
        assert.deepEqual((await fixture.read(key)).positions, expected);
    });

    it("refuses one write alone", async () => {
      await using fixture = await StoreFixture.open(open);
      const keys = [fixture.otherStudent(), fixture.otherStudent(), fixture.otherStudent()] as const;
      await fixture.spoil(keys[1]);
      const outcomes = await fixture.store.join(
        keys.map((key) => ({ key, positions: positions({ a: [1, 1] }), reset: null })),
      );
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["written", "refused", "written"],
      );
      assert.ok(outcomes[1]?.status === "refused" && outcomes[1].reason !== "");
      assert.deepEqual((await fixture.read(keys[1])).positions, new Map());
      assert.deepEqual((await fixture.read(keys[2])).positions, positions({ a: [1, 1] }));
    });

    it("takes one key twice in a batch", async () => {
      await using fixture = await StoreFixture.open(open);
      const { key } = fixture;
      const outcomes = await fixture.store.join([
        { key, positions: positions({ a: [2, 2] }), reset: null },
        { key, positions: positions({ a: [1, 1], b: [1, 1] }), reset: null },
      ]);
      assert.deepEqual(outcomes, [written, written]);
      assert.deepEqual((await fixture.read()).positions, positions({ a: [2, 2], b: [1, 1] }));
    });

    it("answers nothing when there is nothing", async () => {
      await using fixture = await StoreFixture.open(open);
      assert.deepEqual(await fixture.store.join([]), []);
    });
  });
}

/** As a flusher does: what is not proven to be written is written again. */
async function joinUntilWritten({ store }: StoreFixture, write: PositionWrite): Promise<void> {
  for (;;) {
    const [outcome] = await store.join([write]);
    if (outcome?.status === "written") return;
    assert.equal(outcome?.status, "unknown");
  }
}
