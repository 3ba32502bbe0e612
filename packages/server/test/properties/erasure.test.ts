import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { LectureId, ProgressKey } from "../../src/domain/ids.ts";
import { PausingStores } from "./pausing-stores.ts";
import type { Core } from "../../src/core.ts";
import { courseId, lectureIds, silent, Workbench } from "./workbench.ts";

describe("an erasure", () => {
  test("waits for what follows from a completion under way, so that none of it is left", async (t) => {
    await using bench = await Workbench.create();
    const { core, stores } = bench;
    const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const addCompletion = stores.activities.addCompletion.bind(stores.activities);
    t.mock.method(stores.activities, "addCompletion", async (...args: Parameters<typeof addCompletion>) => {
      begun.resolve();
      await released.promise;
      await addCompletion(...args);
    });
    const key = bench.newStudent();
    const completing = core.completions.complete({ userId: key.userId, zone: null }, key, lectureIds[0] as LectureId);
    await begun.promise;
    const erasing = core.studentData.erase(key.userId);
    await nextTurn();
    released.resolve();
    await Promise.all([completing, erasing]);
    const newcomer = bench.newStudent();
    assert.deepEqual(await core.studentData.export(key.userId), await core.studentData.export(newcomer.userId));
  });

  test("forgets once more what a flush under way has brought back, and nothing of what came since", async () => {
    await using bench = await Workbench.create();
    const { core, clock, stores } = bench;
    const [erased, returning] = [bench.newStudent(), bench.newStudent()];
    const [lectureId, other] = lectureIds as [LectureId, LectureId];
    for (const key of [erased, returning]) {
      await core.saver.save({ key, lectureId, seconds: 10 });
      await core.saver.save({ key, lectureId: other, seconds: 11 });
    }
    const underWay = await stores.buffer.claim(10, 15_000, { all: true });
    clock.advance(1);
    for (const { userId } of [erased, returning]) await core.studentData.erase(userId);
    await stores.store.join(underWay);
    clock.advance(1_000);
    await core.saver.save({ key: returning, lectureId, seconds: 20 });
    await core.flusher.flushOnce({ all: true });

    clock.advance(60_000);
    await core.studentData.eraseAgain();
    assert.deepEqual((await core.studentData.export(erased.userId)).courses, []);
    const view = await core.progress.read({ userId: returning.userId, zone: null }, courseId);
    assert.deepEqual({ ...view.watchTimes }, { [lectureId]: 20 });
    assert.deepEqual(await stores.students.erasuresBefore(clock.now(), 9), []);
  });

  test("that cannot be completed holds up no other", async (t) => {
    await using bench = await Workbench.create();
    const { core, clock, stores } = bench;
    const [unreadable, other] = [bench.newStudent(), bench.newStudent()];
    for (const { userId } of [unreadable, other]) {
      await core.studentData.erase(userId);
      clock.advance(1);
    }
    const readAll = stores.store.readAll.bind(stores.store);
    t.mock.method(stores.store, "readAll", async (...args: Parameters<typeof readAll>) => {
      if (args[0] === unreadable.userId) throw new Error("unreadable");
      return readAll(...args);
    });
    const told = t.mock.method(silent, "backgroundFailed", () => undefined);
    clock.advance(60_000);
    await core.studentData.eraseAgain();
    const left = await stores.students.erasuresBefore(clock.now(), 9);
    assert.deepEqual(
      left.map(({ userId }) => userId),
      [unreadable.userId],
    );
    assert.equal(told.mock.callCount(), 1);
  });
});

describe("an erasure beside a completion at another process", () => {
  const [held, other] = lectureIds as [LectureId, LectureId];

  /** It asks for the student and, side by side, for their erasure; until that is answered it comes after the erasure. */
  const callsBeforeItBegins = 2;

  /** What a process does for the student. */
  type Work = (core: Core, key: ProgressKey) => Promise<void>;
  const complete: Work = ({ completions }, key) => completions.complete({ userId: key.userId, zone: null }, key, held);
  const erase: Work = ({ studentData }, { userId }) => studentData.erase(userId);

  interface Raced extends AsyncDisposable {
    readonly bench: Workbench;
    readonly key: ProgressKey;
    /** Whether the first one stood still; else it had made all its calls before. */
    readonly stoodStill: boolean;
    /** Lets the first one end, waits, and erases again. */
    end(): Promise<void>;
  }

  /** The first one stands still after so many calls, and another process does the second meanwhile. */
  async function race(calls: number, first: Work = complete, second: Work = erase): Promise<Raced> {
    const bench = await Workbench.create();
    const pausing = new PausingStores(bench.stores, calls);
    const key = bench.newStudent();
    const begun = first(bench.anotherProcess(pausing.stores), key);
    const outcome = await Promise.race([pausing.reached.then(() => "still"), begun.then(() => "done")]);
    bench.clock.advance(1);
    await second(bench.core, key);
    return {
      bench,
      key,
      stoodStill: outcome === "still",
      end: async () => {
        pausing.goOn();
        await begun;
        bench.clock.advance(60_000);
        await bench.core.studentData.eraseAgain();
      },
      [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
    };
  }

  async function keptEvents({ bench, key }: Raced): Promise<string[]> {
    const events = await bench.stores.log.since(0, null, 1_000);
    const ids = events.filter(({ userId }) => userId === key.userId).map(({ id }) => id.replace(key.userId, "student"));
    return ids.toSorted();
  }

  /** All there is of the student is this one completion, and what follows from it. */
  async function hasCompleted(raced: Raced, lectureId: LectureId): Promise<void> {
    const { bench, key } = raced;
    const { core, stores } = bench;
    const identity = { userId: key.userId, zone: null };
    const { completedLectures } = await core.progress.read(identity, courseId);
    assert.deepEqual(completedLectures, [lectureId]);
    const { currentStreak, longestStreak, totalCompleted, activeToday } = await core.dashboard.stats(identity);
    assert.deepEqual([currentStreak, longestStreak, totalCompleted, activeToday], [1, 1, 1, true]);
    const days = await stores.activities.readAll(key.userId);
    assert.deepEqual(
      days.map(({ completions }) => completions.includes(`${courseId}/${lectureId}`)),
      [true],
    );
    const { earned } = await core.achievements.overview(key.userId);
    assert.deepEqual(
      earned.map(({ achievementId }) => achievementId),
      ["first-lecture"],
    );
    assert.deepEqual(await keptEvents(raced), [
      "achievement.earned/student/first-lecture",
      `lecture.completed/student/${courseId}/${lectureId}/1`,
    ]);
  }

  /** Runs the case with the completion standing still before each of its calls. */
  async function atEveryCall(run: (raced: Raced) => Promise<void>): Promise<void> {
    for (let calls = callsBeforeItBegins; ; calls++) {
      await using raced = await race(calls);
      await run(raced);
      if (!raced.stoodStill) return assert.ok(calls > 10, `a completion made ${calls} calls`);
    }
  }

  async function isNobody(raced: Raced): Promise<void> {
    const { bench, key } = raced;
    const { core, stores } = bench;
    const newcomer = bench.newStudent();
    assert.deepEqual(await core.studentData.export(key.userId), await core.studentData.export(newcomer.userId));
    assert.deepEqual(await stores.store.totals(key.userId), { lectures: 0, courses: 0 });
    assert.deepEqual(await keptEvents(raced), []);
    assert.deepEqual(await stores.students.list(null, 10), []);
  }

  test("leaves nothing behind, wherever the completion stood", async () => {
    await atEveryCall(async (raced) => {
      await raced.end();
      await isNobody(raced);
    });
  });

  test("takes a completion whole or leaves it whole, wherever the erasure stood", async () => {
    for (let calls = 0; ; calls++) {
      await using raced = await race(calls, erase, complete);
      await raced.end();
      // While it stands the completion comes first.
      await (raced.stoodStill ? isNobody(raced) : hasCompleted(raced, held));
      if (!raced.stoodStill) return assert.ok(calls > 5, `an erasure made ${calls} calls`);
    }
  });

  test("keeps all that the student completes right after it, whether that is the same lecture or another", async () => {
    for (const lectureId of [held, other]) {
      await atEveryCall(async (raced) => {
        const { bench, key } = raced;
        await bench.core.completions.complete({ userId: key.userId, zone: null }, key, lectureId);
        await raced.end();
        await hasCompleted(raced, lectureId);
      });
    }
  });

  test("keeps a completion that sees it", async () => {
    await using raced = await race(callsBeforeItBegins - 1);
    await raced.end();
    await hasCompleted(raced, held);
  });
});
