import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as fc from "fast-check";
import { type Facts, factsOfDays, isReached } from "../../src/domain/achievement.ts";
import type { LectureCompleted, LearningEvent } from "../../src/domain/event.ts";
import type { UserId } from "../../src/domain/ids.ts";
import { milestonesReached, streakOf } from "../../src/domain/streak.ts";
import { courses, dayOf, definitions, Following, lectures } from "./following.ts";
import { someUser } from "../support/ids.ts";

interface Completed {
  readonly course: number;
  readonly lecture: number;
  readonly day: number;
}

/** Each lecture at most once, in the order of their days. */
const completed: fc.Arbitrary<Completed[]> = fc
  .uniqueArray(
    fc.record({
      course: fc.integer({ min: 0, max: courses.length - 1 }),
      lecture: fc.integer({ min: 0, max: lectures.length - 1 }),
      day: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 5 }) }, fc.integer({ min: 0, max: 16 })),
    }),
    { selector: ({ course, lecture }) => `${course}/${lecture}`, maxLength: courses.length * lectures.length },
  )
  .map((list) => list.toSorted((one, other) => one.day - other.day));

/** What a set of completions has to earn, computed the plain way. */
function earnedBy(list: readonly Completed[]): Set<string> {
  const inCourse = courses.map((_, course) => list.filter((each) => each.course === course).length);
  const facts: Facts = {
    lecturesCompleted: list.length,
    coursesCompleted: inCourse.filter((count) => count === lectures.length).length,
    ...factsOfDays(list.map(({ day }) => dayOf(day))),
  };
  return new Set(definitions.filter((achievement) => isReached(achievement, facts)).map(({ id }) => id));
}

describe("what is earned", () => {
  let following: Following;
  before(async () => (following = await Following.create()));
  after(() => following[Symbol.asyncDispose]());

  async function earnedBefore(userId: UserId): Promise<string[]> {
    const earned = await following.bench.stores.achievements.earned(userId);
    assert.ok(earned.every(({ isTold }) => isTold));
    return earned.map(({ achievementId }) => achievementId);
  }

  async function check(userId: UserId, list: readonly Completed[]): Promise<void> {
    const expected = earnedBy(list);
    const earned = await earnedBefore(userId);
    assert.deepEqual(new Set(earned), expected);
    const told = (await following.published(userId)).filter(({ type }) => type === "achievement.earned");
    assert.deepEqual(
      told.map(({ id }) => id).toSorted(),
      [...expected].map((id) => `achievement.earned/${userId}/${id}`).toSorted(),
    );
    const { locked } = await following.achievements.overview(userId);
    assert.deepEqual(
      locked.map(({ achievement }) => achievement.id),
      definitions.map(({ id }) => id).filter((id) => !expected.has(id)),
    );
    assert.ok(locked.every(({ achievement, progress }) => progress < achievement.atLeast));
  }

  const follow = (event: LectureCompleted): Promise<void> => following.followers.settle(event, [event]);

  test("depends on the set of completions, not on the order in which they are followed", async () => {
    await fc.assert(
      fc.asyncProperty(completed, fc.infiniteStream(fc.nat()), async (list, chance) => {
        const userId = someUser();
        const waiting: LectureCompleted[] = [];
        for (const each of list) waiting.push(await following.complete(userId, each));
        while (waiting.length > 0) {
          const [event] = waiting.splice(chance.next().value % waiting.length, 1);
          await follow(event as LectureCompleted);
        }
        await check(userId, list);
      }),
      { numRuns: 200 },
    );
  });

  test("is the same when several follow the same events at once, again and again", async () => {
    await fc.assert(
      fc.asyncProperty(completed, async (list) => {
        const userId = someUser();
        const events: LectureCompleted[] = [];
        for (const each of list) events.push(await following.complete(userId, each));
        await Promise.all([...events, ...events.toReversed()].map(follow));
        for (const event of events) await follow(event);
        await check(userId, list);
      }),
      { numRuns: 100 },
    );
  });
});

describe("streak.reached", () => {
  let following: Following;
  before(async () => (following = await Following.create()));
  after(() => following[Symbol.asyncDispose]());

  type Reached = Extract<LearningEvent, { type: "streak.reached" }>;
  const isReachedEvent = (event: LearningEvent): event is Reached => event.type === "streak.reached";

  /** The runs that a set of days has, each from its first day to its last. */
  function runsOf(days: ReadonlySet<number>): [first: number, last: number][] {
    const runs: [number, number][] = [];
    for (const day of [...days].toSorted((one, other) => one - other)) {
      const run = runs.at(-1);
      if (run?.[1] === day - 1) run[1] = day;
      else runs.push([day, day]);
    }
    return runs;
  }

  test("is told once for each milestone of a streak, and of the current one for every milestone", async () => {
    await fc.assert(
      fc.asyncProperty(completed, fc.infiniteStream(fc.nat()), async (list, chance) => {
        const userId = someUser();
        const waiting: LectureCompleted[] = [];
        for (const each of list) waiting.push(await following.complete(userId, each));
        while (waiting.length > 0) {
          const [event] = waiting.splice(chance.next().value % waiting.length, 1);
          for (const _ of [1, 2]) await following.followers.settle(event!, [event!]);
        }
        const told = (await following.published(userId)).filter(isReachedEvent);
        const runs = runsOf(new Set(list.map(({ day }) => day)));
        for (const [index, [first, last]] of runs.entries()) {
          const ofRun = told.filter(({ firstDay }) => firstDay >= dayOf(first) && firstDay <= dayOf(last));
          // Late work may join two streaks, each of which had been told of by then.
          const ofEach = ofRun.map(({ days, firstDay }) => `${days} days since ${firstDay}`);
          assert.deepEqual(ofEach, [...new Set(ofEach)], "once each");
          const lengths = new Set(ofRun.map(({ days }) => days));
          const reached = new Set([2, 4].filter((days) => days <= last - first + 1));
          assert.ok(lengths.isSubsetOf(reached));
          if (index === runs.length - 1) assert.deepEqual(lengths, reached);
        }
      }),
      { numRuns: 300 },
    );
  });

  /** Follows days in this order, each known to the store beforehand, and tells what was reached, with its first day. */
  async function reachedBy(days: readonly number[]): Promise<[days: number, firstDay: string][]> {
    const userId = someUser();
    const places = courses.flatMap((_, course) => lectures.map((_name, lecture) => ({ course, lecture })));
    const events: LectureCompleted[] = [];
    for (const [index, day] of days.entries()) {
      events.push(await following.complete(userId, { ...places[index]!, day }));
    }
    for (const event of events) await following.followers.settle(event, [event]);
    return (await following.published(userId)).filter(isReachedEvent).map((event) => [event.days, event.firstDay]);
  }

  test("is not told again when late work moves the first day back and joins it with what came before", async () => {
    assert.deepEqual(await reachedBy([1, 2, 4, 0, 3]), [
      [2, dayOf(1)],
      [4, dayOf(0)],
    ]);
  });

  test("is told again when a later streak reaches the same milestone", async () => {
    assert.deepEqual(await reachedBy([0, 1, 5, 6]), [
      [2, dayOf(0)],
      [2, dayOf(5)],
    ]);
  });

  test("is not told of what a streak had reached before anybody asked", () => {
    const [shorter, longer] = [50, 51].map((days) =>
      streakOf(Array.from({ length: days }, (_, index) => dayOf(index))),
    );
    assert.deepEqual(milestonesReached({ before: shorter!, after: longer! }, [3, 50, 51, 52], new Map()), [51]);
  });
});
