import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { LectureId } from "../../src/domain/ids.ts";
import { courseId, lectureIds, Workbench } from "./workbench.ts";

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
    const lectureId = lectureIds[0] as LectureId;
    for (const key of [erased, returning]) await core.saver.save({ key, lectureId, seconds: 10 });
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
    assert.deepEqual([...view.watchTimes], [[lectureId, 20]]);
    assert.deepEqual(await stores.students.erasuresBefore(clock.now(), 9), []);
  });
});
