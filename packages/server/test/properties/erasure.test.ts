import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LectureId } from "../../src/domain/ids.ts";
import { courseId, lectureIds, Workbench } from "./workbench.ts";

describe("an erasure", () => {
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
