import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { completionPercentage } from "../../src/domain/completion.ts";
import { joinPositions, type Position, type PositionState, roundToMillisecond } from "../../src/domain/position.ts";
import { makeStamp } from "../../src/domain/stamp.ts";
import { lectureIds } from "./workbench.ts";

describe("seconds", () => {
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  const watched = fc.double({ min: 0, max: 1e6, noNaN: true });

  test("keep their milliseconds and lose what is finer", () => {
    fc.assert(
      fc.property(watched, (seconds) => {
        const rounded = roundToMillisecond(seconds);
        assert.equal(rounded, Number(rounded.toFixed(3)));
        assert.ok(Math.abs(rounded - seconds) <= 0.000_5 + 1e-9);
      }),
    );
  });

  test("that are whole milliseconds stay what they are", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e9 }), (ms) => assert.equal(roundToMillisecond(ms / 1000), ms / 1000)),
      { numRuns: 1_000 },
    );
  });

  test("of any size stay finite, are rounded once, and never become a negative zero", () => {
    fc.assert(
      fc.property(fc.oneof(any, fc.constantFrom(-0, 0, 1e308, Number.MAX_VALUE, Number.MIN_VALUE)), (number) => {
        const seconds = Math.abs(number);
        const rounded = roundToMillisecond(seconds);
        assert.ok(Number.isFinite(rounded));
        assert.equal(roundToMillisecond(rounded), rounded);
        assert.ok(!Object.is(rounded, -0) && !Object.is(roundToMillisecond(-0), -0));
        assert.ok(Math.abs(rounded - seconds) <= Math.max(0.000_5 + 1e-9, seconds * Number.EPSILON));
      }),
    );
  });

  test("keep their order", () => {
    fc.assert(
      fc.property(watched, watched, (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        assert.ok(roundToMillisecond(less) <= roundToMillisecond(more));
      }),
    );
  });
});

describe("the completion percentage", () => {
  const shares = fc.nat({ max: 10_000 }).chain((total) => fc.tuple(fc.nat({ max: total }), fc.constant(total)));

  test("is the share rounded down, an integer from 0 to 100", () => {
    fc.assert(
      fc.property(shares, ([completed, total]) => {
        const expected = total === 0 ? 0 : Number((BigInt(completed) * 100n) / BigInt(total));
        assert.equal(completionPercentage(completed, total), expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is 100 exactly when all is done, and never falls when one more is done", () => {
    fc.assert(
      fc.property(shares, ([completed, total]) => {
        const percentage = completionPercentage(completed, total);
        assert.equal(percentage === 100, total > 0 && completed === total);
        if (completed < total) assert.ok(completionPercentage(completed + 1, total) >= percentage);
      }),
    );
  });
});

describe("joining what two stores know", () => {
  const stamp = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 2 })).map(([t, n]) => makeStamp(t, n));
  // A stamp names one position: two stores that know it know the same seconds.
  const position = stamp.map((own): Position => ({ stamp: own, seconds: Number(own.slice(0, 21)) % 977 }));
  const state: fc.Arbitrary<PositionState> = fc.record({
    positions: fc.array(fc.tuple(fc.constantFrom(...lectureIds), position)).map((entries) => new Map(entries)),
    reset: fc.option(stamp),
  });
  const nothing: PositionState = { positions: new Map(), reset: null };

  test("gives the same in any order, any grouping and any number of times", () => {
    fc.assert(
      fc.property(state, state, state, (a, b, c) => {
        assert.deepEqual(joinPositions(a, b), joinPositions(b, a));
        assert.deepEqual(joinPositions(joinPositions(a, b), c), joinPositions(a, joinPositions(b, c)));
        assert.deepEqual(joinPositions(joinPositions(a, b), b), joinPositions(a, b));
      }),
    );
  });

  test("keeps every position that is newer than the reset and the other's", () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        const joined = joinPositions(a, b);
        for (const { positions } of [a, b]) {
          for (const [lectureId, { stamp: own }] of positions) {
            const kept = joined.positions.get(lectureId)?.stamp;
            assert.ok(kept === undefined ? joined.reset !== null && own <= joined.reset : own <= kept);
          }
        }
        for (const { stamp: own } of joined.positions.values()) assert.ok(joined.reset === null || own > joined.reset);
        assert.deepEqual(joinPositions(joined, nothing), joined);
      }),
    );
  });
});
