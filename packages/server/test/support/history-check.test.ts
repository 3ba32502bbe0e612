import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Completion, Outcome, Save } from "./history.ts";
import {
  type FoundCompletions,
  joined,
  type Positions,
  wrongCompletions,
  wrongPositions,
  wrongSteps,
} from "./history-check.ts";
import { stampAt } from "./ids.ts";

const place = { userId: "anna", courseId: "algebra", lectureId: "intro" };

function save(seconds: number, startedAt: number, outcome: Outcome = "done", stamp?: string): Save {
  const endedAt = outcome === "done" ? startedAt + 1 : Infinity;
  return { ...place, seconds, startedAt, endedAt, outcome, ...(stamp !== undefined && { stamp }) };
}

function found(seconds: number, stamp: string = stampAt(1)): Positions {
  return new Map([["anna algebra intro", { seconds, stamp }]]);
}

const none: Positions = new Map();

describe("The check of a history", () => {
  it("finds nothing wrong with what was acknowledged, and with what may have been done", () => {
    assert.deepEqual(wrongPositions([save(5, 0)], found(5)), []);
    assert.deepEqual(wrongPositions([save(5, 0, "maybe")], found(5)), []);
    assert.deepEqual(wrongPositions([save(5, 0, "maybe")], none), []);
    assert.deepEqual(wrongPositions([save(5, 0, "refused")], none), []);
    // Nobody answered the first: it may come in after the second.
    assert.deepEqual(wrongPositions([save(5, 0, "maybe"), save(6, 10)], found(5)), []);
    // Under way together: either may be the newer.
    assert.deepEqual(wrongPositions([save(5, 0), save(6, 0.5)], found(5)), []);
  });

  const forged: Record<string, [saves: Save[], found: Positions, complaint: RegExp]> = {
    "an acknowledged save that is gone": [[save(5, 0)], none, /lost, acknowledged was 5/],
    "a value that nobody sent": [[save(5, 0)], found(7), /found 7, which nobody sent/],
    "a place that nobody saved": [[], found(7), /nobody saved it/],
    "a value that was refused": [[save(5, 0, "refused")], found(5), /which was refused/],
    "an older value than the last acknowledged": [[save(5, 0), save(6, 10)], found(5), /acknowledged later was 6/],
    "an older value than an acknowledged one, after a doubtful one": [
      [save(5, 0), save(6, 10), save(7, 20, "maybe")],
      found(5),
      /acknowledged later was 6/,
    ],
    "a session's value under another stamp": [[save(5, 0, "done", stampAt(9))], found(5, stampAt(8)), /nobody sent/],
    "a smaller stamp than an acknowledged one": [
      [save(5, 10, "maybe", stampAt(8)), save(6, 0, "done", stampAt(9))],
      found(5, stampAt(8)),
      /acknowledged later was 6/,
    ],
  };
  for (const [title, [saves, positions, complaint]] of Object.entries(forged)) {
    it(`notices ${title}`, () => assert.match(wrongPositions(saves, positions).join(), complaint));
  }

  it("asks at any moment only for what was answered before it", () => {
    assert.deepEqual(wrongPositions([save(5, 0)], none, 0.5), []);
    assert.match(wrongPositions([save(5, 0)], none, 2).join(), /lost/);
  });

  it("notices a stamp that goes back, and one that changes its value, but not a key that leaves", () => {
    const [older, newer] = [stampAt(1), stampAt(2)];
    assert.deepEqual(wrongSteps(found(5, older), found(6, newer)), []);
    assert.deepEqual(wrongSteps(found(5, older), none), []);
    assert.match(wrongSteps(found(5, newer), found(6, older)).join(), /went back/);
    assert.match(wrongSteps(found(5, newer), found(6, newer)).join(), /was 5 and is 6/);
  });

  it("joins two stores by the newer stamp", () => {
    assert.deepEqual(joined(found(5, stampAt(2)), found(6, stampAt(1))), found(5, stampAt(2)));
    assert.deepEqual(joined(found(5, stampAt(1)), found(6, stampAt(2))), found(6, stampAt(2)));
  });
});

function completion(lectureId: string, outcome: Outcome = "done"): Completion {
  return { userId: "anna", courseId: "short", lectureId, startedAt: 0, endedAt: 1, outcome };
}

const course = {
  courseId: "short",
  completedLectures: ["a", "b"],
  completedAt: ["a", "b"],
  completedCount: 2,
  times: [1, 1],
  isCompleted: true,
  outbox: 0,
};
const right: FoundCompletions = {
  courses: [course],
  days: [{ date: "2026-01-15", count: 2, sources: ["short/a", "short/b"] }],
  streak: { current: 1, longest: 1, lastDay: "2026-01-15" },
  events: ["lecture.completed/anna/short/a/1", "lecture.completed/anna/short/b/1", "course.completed/anna/short/3"],
};

describe("The check of completions", () => {
  const check = (change: Partial<FoundCompletions>, completions = [completion("a"), completion("b")]): string =>
    wrongCompletions(completions, new Map([["anna", { ...right, ...change }]]), () => 2).join("\n");
  const inCourse = (change: Partial<typeof course>): Partial<FoundCompletions> => ({
    courses: [{ ...course, ...change }],
  });

  it("finds nothing wrong with each exactly once, and with all or nothing of those in doubt", () => {
    assert.equal(check({}), "");
    assert.equal(check({}, [completion("a"), completion("b", "maybe"), completion("b", "maybe")]), "");
    assert.deepEqual(
      wrongCompletions([completion("a", "maybe")], new Map(), () => 2),
      [],
    );
  });

  const forged: Record<string, [change: Partial<FoundCompletions>, complaint: RegExp]> = {
    "a completion that is gone": [
      inCourse({ completedLectures: ["a"], completedAt: ["a"], completedCount: 1, times: [1] }),
      /lost completions: found \["short\/b"\]/,
    ],
    "a lecture that is listed twice": [inCourse({ completedLectures: ["a", "a", "b"] }), /the list of completed/],
    "a count that is too high": [inCourse({ completedCount: 3 }), /completedCount: found 3/],
    "a lecture that was completed twice": [inCourse({ times: [1, 2] }), /how often/],
    "a lecture without a date": [inCourse({ completedAt: ["a"] }), /the dates/],
    "an event that still waits": [inCourse({ outbox: 1 }), /outbox/],
    "a course that is not complete": [inCourse({ isCompleted: false }), /completed courses/],
    "a day that counted twice": [{ days: [{ ...right.days[0]!, count: 3 }] }, /counts of the days/],
    "a day that has a completion twice": [
      { days: [{ ...right.days[0]!, count: 3, sources: ["short/a", "short/a", "short/b"] }] },
      /completions of the days/,
    ],
    "a day that is missing": [{ days: [] }, /completions of the days/],
    "a streak that was not counted": [{ streak: { current: 0, longest: 0, lastDay: null } }, /the streak/],
    "an event that was never told": [{ events: right.events.slice(1) }, /lecture events/],
    "an event of a second time": [{ events: [...right.events, "lecture.completed/anna/short/a/2"] }, /lecture events/],
    "a course that was told twice": [{ events: [...right.events, "course.completed/anna/short/5"] }, /course events/],
  };
  for (const [title, [change, complaint]] of Object.entries(forged)) {
    it(`notices ${title}`, () => assert.match(check(change), complaint));
  }

  it("notices what nobody completed, or was refused", () => {
    assert.match(check({}, [completion("a")]), /nobody made: found \["short\/b"\]/);
    assert.match(check({}, [completion("a"), completion("b", "refused")]), /nobody made/);
    assert.match(wrongCompletions([], new Map([["anna", right]]), () => 2).join(), /nobody completed anything/);
  });
});
