import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import {
  coverageOf,
  credit,
  type Played,
  type PlayedRange,
  playedSeconds,
  unite,
} from "../../src/domain/played-ranges.ts";

const tenths = fc.integer({ min: 0, max: 3_000 }).map((value) => value / 10);
const range = fc.tuple(tenths, tenths).map(([one, other]): PlayedRange => (one < other ? [one, other] : [other, one]));
/** So few that none is forgotten for being one too many. */
const ranges = fc.array(range, { maxLength: 12 });

const startedAt = 1_767_225_600_000;

describe("the union of played ranges", () => {
  test("is the same in any order, in any grouping, and when ranges come twice", () => {
    fc.assert(
      fc.property(ranges, ranges, ranges, (one, other, third) => {
        const all = unite(one, other, third);
        assert.deepEqual(unite(third, other, one), all);
        assert.deepEqual(unite(unite(one, other), third), all);
        assert.deepEqual(unite(all, one, all), all);
      }),
    );
  });

  test("holds every tenth of a second that was played, and none further than half a second away", () => {
    fc.assert(
      fc.property(ranges, (played) => {
        const union = unite(played);
        for (let tenth = 0; tenth < 3_000; tenth++) {
          const middle = tenth / 10 + 0.05;
          const isIn = (within: number) => (given: PlayedRange) =>
            middle > given[0] - within && middle < given[1] + within;
          if (played.some(isIn(0))) assert.ok(union.some(isIn(0)), `${middle} is missing`);
          else if (union.some(isIn(0))) assert.ok(played.some(isIn(0.5)), `${middle} was not played`);
        }
      }),
    );
  });

  test("is in order, apart, and at most 50 long: then the shortest are forgotten", () => {
    const many = Array.from({ length: 80 }, (_, index): PlayedRange => [index * 10, index * 10 + 1 + (index % 5)]);
    fc.assert(
      fc.property(fc.shuffledSubarray(many, { minLength: 60 }), (played) => {
        const union = unite(played);
        assert.equal(union.length, 50);
        union.reduce((before, next) => (assert.ok(next[0] > before[1] + 0.5), next));
        const lengths = (of: readonly PlayedRange[]) => of.map(([from, to]) => to - from).toSorted((a, b) => b - a);
        assert.deepEqual(lengths(union), lengths(played).slice(0, 50));
      }),
    );
  });

  test("says how much of the lecture was played", () => {
    assert.equal(coverageOf(unite([[0, 30]], [[20, 45.5]]), 91), 0.5);
    assert.equal(coverageOf([[0, 100]], 91), 1);
    assert.equal(coverageOf([], 0), 0);
  });
});

describe("what is credited", () => {
  const report = fc.record({
    played: ranges,
    afterMs: fc.integer({ min: 0, max: 60_000 }),
    sitting: fc.nat({ max: 90_000 }),
  });

  test("is never more than can be played in the time there was, whatever is reported", () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
        let known: Played | null = null;
        let now = startedAt;
        for (const { played, afterMs, sitting } of reports) {
          now += afterMs;
          const began = Math.min(now, startedAt + sitting);
          known = credit(known, played, { startedAt: began, now }) ?? known;
          const credited = playedSeconds(known?.ranges ?? []);
          assert.ok(credited <= ((now - startedAt) / 1000) * 4 + 10, `${credited} s at ${now - startedAt} ms`);
        }
      }),
    );
  });

  test("is all of what was played at up to four times the speed, however it is reported", () => {
    const stretch = fc.record({
      ms: fc.integer({ min: 0, max: 20_000 }),
      rate: fc.double({ min: 0.25, max: 4, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(stretch, fc.boolean()), { minLength: 1, maxLength: 30 }), (stretches) => {
        let known: Played | null = null;
        let [now, position] = [startedAt, 0];
        const played: PlayedRange[] = [];
        for (const [{ ms, rate }, isLost] of stretches) {
          const from = position;
          now += ms;
          // Players report tenths, rounded down here: what was rounded up would not have been played.
          position = Math.floor((from + (ms / 1000) * rate) * 10) / 10;
          played.push([from, position]);
          if (!isLost) known = credit(known, played, { startedAt, now }) ?? known;
        }
        known = credit(known, played, { startedAt, now }) ?? known;
        assert.deepEqual(known?.ranges ?? [], unite(played));
      }),
    );
  });

  test("is kept: what is too much changes nothing, and is credited when time has gone on", () => {
    const known = credit(null, [[0, 20]], { startedAt, now: startedAt + 5_000 });
    assert.deepEqual(known, { ranges: [[0, 20]], creditedAt: startedAt + 5_000, spareSeconds: 10 });
    const claim: PlayedRange[] = [[0, 100]];
    assert.equal(credit(known, claim, { startedAt, now: startedAt + 22_499 }), null);
    assert.deepEqual(credit(known, claim, { startedAt, now: startedAt + 22_500 })?.ranges, claim);
    assert.equal(credit(known, [[3, 18]], { startedAt, now: startedAt + 25_000 }), null, "nothing new");
  });

  test("does not count the time before a sitting began", () => {
    const known = { ranges: [[0, 20]] as const, creditedAt: startedAt, spareSeconds: 0 };
    const sitting = { startedAt: startedAt + 3_600_000, now: startedAt + 3_601_000 };
    assert.equal(credit(known, [[20, 30]], sitting), null);
    assert.equal(credit(known, [[20, 24]], sitting)?.creditedAt, sitting.now);
    assert.equal(
      credit(null, [[0, 15]], { startedAt: startedAt + 9_000, now: startedAt }),
      null,
      "a clock ahead gives no time",
    );
  });
});
