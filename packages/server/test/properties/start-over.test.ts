import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LectureId } from "../../src/domain/ids.ts";
import { courseId, lectureIds, Workbench } from "./workbench.ts";

const aDay = 24 * 60 * 60 * 1000;

describe("a start over", () => {
  test("forgets what only the store has, though the clock was set back since", async () => {
    await using bench = await Workbench.create();
    const { core, clock, stores } = bench;
    const key = bench.newStudent();
    await core.saver.save({ key, lectureId: lectureIds[0] as LectureId, seconds: 10 });
    await core.flusher.flushOnce({ all: true });
    await stores.buffer.erase(key.userId, [courseId]);
    clock.advance(-aDay);
    await core.completions.startOver(key);
    const view = await core.progress.read({ userId: key.userId, zone: null }, courseId);
    assert.deepEqual({ ...view.watchTimes }, {});
    assert.deepEqual([...(await stores.store.read(key)).positions], []);
  });
});
