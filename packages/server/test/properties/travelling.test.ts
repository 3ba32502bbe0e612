import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as fc from "fast-check";
import { dayAt } from "../../src/domain/activity-day.ts";
import type { LectureId } from "../../src/domain/ids.ts";
import { currentStreak } from "../../src/domain/streak.ts";
import { countedStreak } from "./day-sets.ts";
import { Workbench } from "./workbench.ts";
import { hourMs, instant, zone } from "./zones.ts";

describe("a student who travels", () => {
  const lectureId = "intro" as LectureId;
  let bench: Workbench;
  before(async () => (bench = await Workbench.create()));
  after(() => bench[Symbol.asyncDispose]());

  /** Completes a lecture at each stop, again and again, and returns the streak seen there. */
  async function travel(
    stops: readonly { at: number; zone: string }[],
  ): Promise<{ current: number; longest: number }[]> {
    const key = bench.newStudent();
    const seen: { current: number; longest: number }[] = [];
    for (const stop of stops) {
      const identity = { userId: key.userId, zone: stop.zone };
      bench.clock.set(stop.at);
      await bench.core.completions.complete(identity, key, lectureId);
      await bench.core.completions.undo(key, lectureId);
      const { currentStreak: current, longestStreak: longest } = await bench.core.dashboard.stats(identity);
      seen.push({ current, longest });
    }
    return seen;
  }

  test("keeps a streak over the date line while the local days follow each other", async () => {
    const stops = [
      { at: Date.UTC(2026, 4, 1, 20), zone: "Pacific/Honolulu" }, // the 1st
      { at: Date.UTC(2026, 4, 2, 20), zone: "Pacific/Honolulu" }, // the 2nd
      { at: Date.UTC(2026, 4, 2, 21), zone: "Pacific/Kiritimati" }, // the 3rd, an hour later
      { at: Date.UTC(2026, 4, 4, 8), zone: "Pacific/Kiritimati" }, // the 4th
      { at: Date.UTC(2026, 4, 4, 9), zone: "Pacific/Honolulu" }, // the 3rd once more
      { at: Date.UTC(2026, 4, 6, 9), zone: "Pacific/Honolulu" }, // the 5th
    ];
    const seen = await travel(stops);
    assert.deepEqual(
      seen.map(({ current }) => current),
      [1, 2, 3, 4, 4, 5],
    );
  });

  test("keeps a streak in a place where the clocks fall back into the day before", async () => {
    const at = Date.UTC(2000, 9, 29, 2, 30, 30);
    const stops = [-30, 0, 0.5, 30].map((hours) => ({ at: at + hours * hourMs, zone: "America/St_Johns" }));
    const seen = await travel(stops);
    assert.deepEqual(
      seen.map(({ longest }) => longest),
      [1, 1, 3, 4],
    );
  });

  test("has at every stop the streak that the set of their local days says", async () => {
    const hop = fc.record({ hours: fc.integer({ min: 1, max: 40 }), zone });
    await fc.assert(
      fc.asyncProperty(instant, fc.array(hop, { minLength: 1, maxLength: 12, size: "max" }), async (start, hops) => {
        let at = start;
        const stops = hops.map(({ hours, zone: timeZone }) => ({ at: (at += hours * hourMs), zone: timeZone }));
        const expected = stops.map((stop, index) => {
          const days = stops.slice(0, index + 1).map((past) => dayAt(past.at, past.zone));
          const counted = countedStreak(days);
          return { current: currentStreak(counted, dayAt(stop.at, stop.zone)), longest: counted.longest };
        });
        assert.deepEqual(await travel(stops), expected);
      }),
      { numRuns: 60 },
    );
  });
});
