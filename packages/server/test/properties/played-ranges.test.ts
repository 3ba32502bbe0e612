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

  test("is in order, apart, and at most 30 long: then the shortest are forgotten", () => {
    const many = Array.from({ length: 80 }, (_, index): PlayedRange => [index * 10, index * 10 + 1 + (index % 5)]);
    fc.assert(
      fc.property(fc.shuffledSubarray(many, { minLength: 60 }), (played) => {
        const union = unite(played);
        assert.equal(union.length, 30);
        union.reduce((before, next) => (assert.ok(next[0] > before[1] + 0.5), next));
        const lengths = (of: readonly PlayedRange[]) => of.map(([from, to]) => to - from).toSorted((a, b) => b - a);
        assert.deepEqual(lengths(union), lengths(played).slice(0, 30));
      }),
    );
  });

  test("says how much of the lecture was played", () => {
    assert.equal(coverageOf(unite([[0, 30]], [[20, 45.5]]), 91), 0.5);
    assert.equal(coverageOf([[0, 100]], 91), 1);
    assert.equal(coverageOf([], 0), 0);
  });
});

const laptop = "1".repeat(16);
const phone = "3".repeat(16);
const by = (sittingId: string, all: readonly PlayedRange[]) => ({ sittingId, ranges: all });

describe("what is credited", () => {
  const report = fc.record({
    played: ranges,
    afterMs: fc.integer({ min: 0, max: 60_000 }),
    sittingId: fc.constantFrom(laptop, phone),
  });

  test("is never more than can be played in the time there was, whatever is reported by however many sittings", () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
        let known: Played | null = null;
        let now = startedAt;
        let began: number | undefined;
        for (const { played, afterMs, sittingId } of reports) {
          now += afterMs;
          began ??= now;
          known = credit(known, by(sittingId, played), now);
          const credited = playedSeconds(known.ranges);
          assert.ok(credited <= ((now - began) / 1000) * 4 + 10, `${credited} s at ${now - began} ms`);
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
        let known = credit(null, by(laptop, []), startedAt);
        let [now, position] = [startedAt, 0];
        const played: PlayedRange[] = [];
        for (const [{ ms, rate }, isLost] of stretches) {
          const from = position;
          now += ms;
          // Players report tenths, rounded down here: what was rounded up would not have been played.
          position = Math.floor((from + (ms / 1000) * rate) * 10) / 10;
          played.push([from, position]);
          if (!isLost) known = credit(known, by(laptop, played), now);
        }
        assert.deepEqual(credit(known, by(laptop, played), now).ranges, unite(played));
      }),
    );
  });

  test("waits until time has gone on, when it is too much, and is then credited", () => {
    const opened = credit(null, by(laptop, []), startedAt);
    assert.deepEqual(opened, {
      ranges: [],
      creditedAt: startedAt,
      spareSeconds: 10,
      sitting: { id: laptop, openedAt: startedAt },
    });
    const known = credit(opened, by(laptop, [[0, 20]]), startedAt + 5_000);
    assert.deepEqual(known, { ...opened, ranges: [[0, 20]], creditedAt: startedAt + 5_000 });
    const claim = by(laptop, [[0, 100]]);
    assert.equal(credit(known, claim, startedAt + 22_499), known);
    assert.deepEqual(credit(known, claim, startedAt + 22_500).ranges, claim.ranges);
    assert.equal(credit(known, by(laptop, [[3, 18]]), startedAt + 25_000), known, "nothing new");
  });

  test("does not count the time before a sitting was heard of, whatever it says", () => {
    const later = startedAt + 3_600_000;
    assert.deepEqual(credit(null, by(laptop, [[0, 600]]), later).ranges, []);
    const known = credit(null, by(laptop, [[0, 10]]), startedAt);
    const opened = credit(known, by(phone, [[0, 600]]), later);
    assert.deepEqual([opened.ranges, opened.sitting.openedAt], [[[0, 10]], later]);
    assert.deepEqual(credit(opened, by(phone, [[20, 24]]), later + 1_000).ranges, [
      [0, 10],
      [20, 24],
    ]);
  });
});
