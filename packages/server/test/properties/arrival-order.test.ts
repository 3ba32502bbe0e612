import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { CourseId, LectureId } from "../../src/domain/ids.ts";
import { courseId, durationSeconds, lectureIds, Workbench } from "./workbench.ts";

const [lectureId, other] = lectureIds as [LectureId, LectureId];
const beyond = durationSeconds + 1;

test("a save that waits for the catalog is not overtaken by a later one of the same lecture, and holds up no other", async () => {
  await using bench = await Workbench.create();
  const { clock, core, stores } = bench;
  const key = bench.newStudent();
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const read = stores.catalog.read.bind(stores.catalog);
  mock.method(stores.catalog, "read", async (id: CourseId) => {
    await answered;
    return read(id);
  });
  // What the catalog said is believed for a second.
  clock.advance(1_001);
  const stored: string[] = [];
  const save = async (name: string, of: LectureId, seconds: number): Promise<void> => {
    await core.saver.save({ key, lectureId: of, seconds });
    stored.push(name);
  };
  const saves = [save("end", lectureId, beyond), save("back", lectureId, 3), save("end again", lectureId, beyond)];
  await save("other lecture", other, 7);
  answer();
  await Promise.all([...saves, save("last", lectureId, 5)]);
  assert.deepEqual(stored, ["other lecture", "end", "back", "end again", "last"]);
  const { watchTimes } = await core.progress.read({ userId: key.userId, zone: null }, courseId);
  assert.deepEqual({ ...watchTimes }, { [lectureId]: 5, [other]: 7 });
});
