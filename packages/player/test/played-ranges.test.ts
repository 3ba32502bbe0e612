import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import type { PlayedRange } from "../src/index.ts";
import { PlayedRanges } from "../src/played-ranges.ts";
import { newWorld, sit } from "./support/sitting.ts";

/** Credits a stretch as a player at normal speed would. */
function play(ranges: PlayedRanges, from: number, to: number): void {
  ranges.credit(from, to, (to - from) * 1_000, 1);
}

function rangesOf(earlier: Iterable<PlayedRange>): PlayedRanges {
  const ranges = new PlayedRanges();
  ranges.unite(earlier);
  return ranges;
}

function played(ranges: PlayedRanges): number {
  return ranges.toSeconds().reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Stretches of a lecture of 600 s, far enough apart from each other that no gap is closed, or overlapping. */
const tenths = fc.integer({ min: 0, max: 6_000 });
const stretch = fc.tuple(tenths, tenths).map(([a, b]) => [Math.min(a, b) / 10, Math.max(a, b) / 10] as const);

describe("played ranges", () => {
  it("grow while the lecture plays", () => {
    const ranges = new PlayedRanges();
    for (let second = 10; second < 20; second += 0.25) play(ranges, second, second + 0.25);
    assert.deepEqual(ranges.toSeconds(), [[10, 20]]);
  });

  it("grow by no more than elapsed x rate x 1.25 + 0.5 s; more is a seek", () => {
    for (const [elapsedMs, rate] of [
      [1_000, 1],
      [250, 1],
      [1_000, 2],
      [4_000, 0.5],
    ] as const) {
      const allowed = (elapsedMs / 1_000) * rate * 1.25 + 0.5;
      const within = new PlayedRanges();
      within.credit(100, 100 + allowed, elapsedMs, rate);
      assert.ok(played(within) > 0);
      const beyond = new PlayedRanges();
      beyond.credit(100, 100 + allowed + 0.01, elapsedMs, rate);
      assert.equal(played(beyond), 0);
    }
  });

  it("do not grow when the position stands still, goes back or is no number", () => {
    const ranges = new PlayedRanges();
    for (const to of [100, 90, Number.NaN, Number.POSITIVE_INFINITY]) ranges.credit(100, to, 1_000, 1);
    assert.deepEqual(ranges.toSeconds(), []);
  });

  it("close gaps of up to 0.5 s forwards", () => {
    const ranges = new PlayedRanges();
    play(ranges, 10, 20);
    play(ranges, 20.5, 30);
    assert.deepEqual(ranges.toSeconds(), [[10, 30]]);
    play(ranges, 30.6, 40);
    assert.deepEqual(ranges.toSeconds(), [
      [10, 30],
      [30.6, 40],
    ]);
  });

  it("close no gap backwards: what lies before a later range was not played", () => {
    const ranges = new PlayedRanges();
    play(ranges, 20, 30);
    play(ranges, 10, 19.6);
    assert.deepEqual(ranges.toSeconds(), [
      [10, 19.6],
      [20, 30],
    ]);
  });

  it("have a precision of 0.1 s, and lose nothing by it when time comes in small steps", () => {
    const ranges = new PlayedRanges();
    for (let step = 0; step < 1_000; step++) play(ranges, 5 + step * 0.016, 5 + (step + 1) * 0.016);
    assert.deepEqual(ranges.toSeconds(), [[5, 21]]);
  });

  it("are at most 200: the shortest goes, never the one being played", () => {
    const ranges = new PlayedRanges();
    for (let index = 0; index < 250; index++) play(ranges, index * 10, index * 10 + 1 + (index % 7));
    assert.equal(ranges.toSeconds().length, 200);
    for (let step = 0; step < 8; step++) play(ranges, 5_000 + step / 4, 5_000.25 + step / 4);
    assert.equal(ranges.toSeconds().length, 200);
    assert.deepEqual(ranges.toSeconds().at(-1), [5_000, 5_002]);
  });

  it("go on from an earlier sitting", () => {
    const ranges = rangesOf([
      [0, 10],
      [20, 30],
    ]);
    play(ranges, 10, 20);
    assert.deepEqual(ranges.toSeconds(), [[0, 30]]);
  });

  it("cover 0 of a lecture whose length is unknown, endless or 0, and never more than all of it", () => {
    const ranges = rangesOf([[0, 120]]);
    for (const duration of [Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(ranges.coverage(duration), 0);
    assert.equal(new PlayedRanges().coverage(0), 0);
    assert.equal(ranges.coverage(100), 1);
    assert.equal(ranges.coverage(240), 0.5);
  });

  it("are a union: order and repetition do not matter, and no tenth is counted twice", () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 30 }), (stretches, keys) => {
        const spaced = stretches.map(([from, to]) => [Math.round(from) * 10, Math.round(to) * 10] as const);
        const ranges = rangesOf(spaced);
        const shuffled = spaced
          .map((range, index) => ({ range, key: keys[index] ?? 0 }))
          .toSorted((a, b) => a.key - b.key);
        assert.deepEqual(rangesOf([...shuffled.map(({ range }) => range), ...spaced]).toSeconds(), ranges.toSeconds());
        const seen = new Set<number>();
        for (const [from, to] of spaced) for (let tenth = from; tenth < to; tenth += 10) seen.add(tenth);
        assert.equal(played(ranges), seen.size * 10);
      }),
    );
  });

  it("are always in order, apart, and at most 200", () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 300 }), (stretches) => {
        const result = rangesOf(stretches).toSeconds();
        assert.ok(result.length <= 200);
        for (const [index, [from, to]] of result.entries()) {
          assert.ok(from < to);
          assert.ok(index === 0 || result[index - 1]![1] < from);
        }
      }),
    );
  });

  it("never credit more than time allows, whatever a player reports", () => {
    const step = fc.record({
      position: fc.double({ min: -10, max: 600, noNaN: false }),
      elapsedMs: fc.integer({ min: 0, max: 10_000 }),
      rate: fc.double({ min: 0.25, max: 4, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const ranges = new PlayedRanges();
        let position = 0;
        for (const next of steps) {
          const before = played(ranges);
          ranges.credit(position, next.position, next.elapsedMs, next.rate);
          // 0.5 s for a gap that was closed, 0.1 s for the rounding of two boundaries.
          const allowed = (next.elapsedMs / 1_000) * next.rate * 1.25 + 0.5 + 0.5 + 0.1;
          assert.ok(played(ranges) - before <= allowed + 1e-6);
          ({ position } = next);
        }
      }),
    );
  });

  it("agree with what hundreds of real sittings covered", () => {
    const file = gunzipSync(readFileSync(new URL("data/watched-segments.jsonl.gz", import.meta.url))).toString();
    const all = file
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RealSitting);
    // A completed sitting says 1, whatever was played.
    const sittings = all.filter(({ progress }) => progress < 1);
    assert.ok(sittings.length > 900, `${sittings.length}`);
    for (const { session, length, segments, progress } of sittings) {
      const ranges = new PlayedRanges();
      for (const [from, to] of segments) for (let at = from; at < to; at += 1) play(ranges, at, Math.min(to, at + 1));
      // Lengths are stated to the second or exactly, even for one video.
      const tolerance = 0.0005 + (1 + closable(segments) + segments.length * 0.1) / length;
      const coverage = ranges.coverage(length);
      assert.ok(Math.abs(coverage - progress) <= tolerance, `${session}: ${coverage}, not ${progress}`);
    }
  });

  describe("completable", () => {
    it("is emitted once, when 90 % were played, also in pieces", async () => {
      const { clock, video, seen } = sit(newWorld(), { length: 100 });
      await clock.advance(100);
      video.currentTime = 50;
      video.play();
      await clock.advance(45_000);
      assert.deepEqual(seen("completable"), []);
      video.currentTime = 0;
      await clock.advance(44_000);
      assert.deepEqual(seen("completable"), []);
      await clock.advance(4_000);
      assert.equal(seen("completable").length, 1);
      assert.ok(seen("completable")[0]!.coverage >= 0.9);
      await clock.advance(10_000);
      assert.equal(seen("completable").length, 1);
    });

    it("is not reached by jumping to the end", async () => {
      const { clock, video, seen } = sit(newWorld(), { length: 100 });
      await clock.advance(100);
      video.play();
      for (let position = 0; position < 100; position += 10) {
        video.currentTime = position;
        await clock.advance(1_000);
      }
      assert.deepEqual(seen("completable"), []);
    });

    it("obeys the threshold and the ranges of an earlier sitting", async () => {
      const options = { completionThreshold: 0.5 };
      const { clock, video, tracker, seen } = sit(newWorld(), { length: 100, options });
      await clock.advance(100);
      tracker.addPlayed([[0, 45]]);
      video.currentTime = 60;
      video.play();
      await clock.advance(4_000);
      assert.deepEqual(seen("completable"), []);
      await clock.advance(2_000);
      assert.equal(seen("completable").length, 1);
    });

    it("is not emitted for a lecture that is completed already", async () => {
      const world = newWorld();
      world.service.completed.add("intro");
      const { clock, video, seen } = sit(world, { length: 100 });
      await clock.advance(100);
      video.play();
      await clock.advance(110_000);
      assert.deepEqual(seen("completable"), []);
    });
  });
});

interface RealSitting {
  readonly session: string;
  readonly length: number;
  readonly segments: PlayedRange[];
  readonly progress: number;
}

/** Seconds of the gaps that playing closes on its way, which the oracle leaves open. */
function closable(segments: PlayedRange[]): number {
  const ordered = segments.toSorted((a, b) => a[0] - b[0]);
  return ordered.slice(1).reduce((sum, [from], index) => {
    const gap = from - Math.max(...ordered.slice(0, index + 1).map(([, to]) => to));
    return sum + (gap > 0 && gap <= 0.6 ? gap : 0);
  }, 0);
}
