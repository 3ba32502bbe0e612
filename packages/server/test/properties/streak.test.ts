import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as fc from "fast-check";
import { StreakKeeper } from "../../src/application/streak-keeper.ts";
import { addDays, type Day, dayAt } from "../../src/domain/activity-day.ts";
import type { LectureId, UserId } from "../../src/domain/ids.ts";
import { advanceStreak, currentStreak, noStreak, streakOf } from "../../src/domain/streak.ts";
import { arrivals, countedStreak } from "./day-sets.ts";
import { courseId, Workbench } from "./workbench.ts";

describe("the streak of a set of days", () => {
  test("is the same in whatever order and however often the days are given", () => {
    fc.assert(
      fc.property(arrivals, (days) => assert.deepEqual(streakOf(days), countedStreak(days))),
      { numRuns: 1_000 },
    );
  });

  test("can be advanced day by day", () => {
    fc.assert(
      fc.property(arrivals, (days) => {
        let streak = noStreak;
        for (const [index, day] of days.toSorted().entries()) {
          streak = advanceStreak(streak, day);
          assert.deepEqual(streak, countedStreak(days.toSorted().slice(0, index + 1)));
          assert.equal(advanceStreak(streak, day), streak, "the same day again changes something");
        }
      }),
      { numRuns: 300 },
    );
  });

  test("lives through the day after its last one, and no longer", () => {
    fc.assert(
      fc.property(arrivals, (days) => {
        const streak = streakOf(days);
        const lastDay = streak.lastDay as Day;
        const seen = [0, 1, 2, 3, 30].map((rest) => currentStreak(streak, addDays(lastDay, rest)));
        assert.deepEqual(seen, [streak.current, streak.current, 0, 0, 0]);
      }),
    );
  });
});

describe("the stored streak equals what the set of days says", () => {
  let bench: Workbench;
  before(async () => (bench = await Workbench.create()));
  after(() => bench[Symbol.asyncDispose]());

  /** One completion on that day becomes known. */
  async function learn(keeper: StreakKeeper, userId: UserId, day: Day, lecture: number): Promise<void> {
    const moment = { occurredAt: Date.parse(day), day, zone: "UTC" };
    const lectureId = `lecture-${lecture}` as LectureId;
    await bench.stores.activities.addCompletion({ userId, courseId, lectureId, ...moment });
    await keeper.count(userId, moment);
  }

  test("after every day of any order of arrival, late and repeated ones too", async () => {
    const keeper = new StreakKeeper({
      ...bench.stores,
      publisher: bench.core.publisher,
      counts: "completion",
      milestones: [],
    });
    await fc.assert(
      fc.asyncProperty(arrivals, async (days) => {
        const { userId } = bench.newStudent();
        for (const [index, day] of days.entries()) {
          await learn(keeper, userId, day, index);
          const { streak } = await bench.stores.students.read(userId);
          assert.deepEqual(streak, countedStreak(days.slice(0, index + 1)));
        }
      }),
      { numRuns: 150 },
    );
  });

  test("when processes that learn of different days race for it", async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, fc.scheduler(), async (days, scheduler) => {
        const { userId } = bench.newStudent();
        const { students, activities } = bench.stores;
        // The answers of every store call come back in an order that fast-check chooses.
        const keeper = new StreakKeeper({
          students: {
            ...students,
            read: scheduler.scheduleFunction((id: UserId) => students.read(id)),
            replaceStreak: scheduler.scheduleFunction(students.replaceStreak.bind(students)),
          },
          activities: {
            ...activities,
            daysThatCount: scheduler.scheduleFunction(activities.daysThatCount.bind(activities)),
          },
          publisher: bench.core.publisher,
          milestones: [],
          counts: "completion",
        });
        const racing = days.map((day, index) => learn(keeper, userId, day, index));
        await scheduler.waitFor(Promise.all(racing));
        assert.deepEqual((await students.read(userId)).streak, countedStreak(days));
      }),
      { numRuns: 150 },
    );
  });
});

describe("a mark whose process died before it was followed", () => {
  test("counts for the streak and for achievements with the next one", async () => {
    await using bench = await Workbench.create();
    const core = bench.anotherProcess(bench.stores, { streakCounts: "activity" });
    const identity = { userId: bench.newStudent().userId, zone: "UTC" };
    const dayMs = 24 * 3_600_000;
    await core.dashboard.mark(identity);
    bench.clock.advance(40 * dayMs);
    const occurredAt = bench.clock.now();
    await bench.stores.activities.mark(identity.userId, { occurredAt, day: dayAt(occurredAt, "UTC") });
    bench.clock.advance(dayMs);
    await core.dashboard.mark(identity);
    bench.clock.advance(dayMs);
    await core.dashboard.mark(identity);
    const { currentStreak: current, longestStreak } = await core.dashboard.stats(identity);
    assert.deepEqual([current, longestStreak], [3, 3]);
    const { earned } = await core.achievements.overview(identity.userId);
    assert.deepEqual(new Set(earned.map(({ achievementId }) => achievementId)), new Set(["comeback", "streak-3"]));
  });
});
