import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CompletionTotals } from "../../src/ports/progress-store.ts";
import { lecture, someCourse, stampAt } from "../support/ids.ts";
import { type OpenStore, positions, StoreFixture } from "./store-fixture.ts";

export function dashboardContract(open: OpenStore): void {
  describe("course progress", () => {
    it("counts completed lectures of each course", async () => {
      await using fixture = await StoreFixture.open(open);
      const [half, done] = [fixture.otherCourse("half"), fixture.otherCourse("done")];
      await fixture.teach(["a", "b"], half);
      await fixture.teach(["a"], done);
      await fixture.complete("a", half);
      await fixture.complete("a", done);
      assert.deepEqual(await fixture.store.courseProgress(fixture.key.userId, []), [
        { courseId: done.courseId, completed: 1, total: 1, lastWatched: null },
        { courseId: half.courseId, completed: 1, total: 2, lastWatched: null },
      ]);
    });

    it("lists courses with positions only, and empty courses", async () => {
      await using fixture = await StoreFixture.open(open);
      const empty = fixture.otherCourse("empty");
      await fixture.teach(["a"]);
      await fixture.teach([], empty);
      await fixture.join(positions({ a: [1, 1] }));
      await fixture.join(positions({ a: [1, 1] }), null, empty);
      assert.deepEqual(await fixture.store.courseProgress(fixture.key.userId, []), [
        { courseId: fixture.key.courseId, completed: 0, total: 1, lastWatched: stampAt(1) },
        { courseId: empty.courseId, completed: 0, total: 0, lastWatched: stampAt(1) },
      ]);
    });

    it("lists courses that are only buffered, once, in order of their ids", async () => {
      await using fixture = await StoreFixture.open(open);
      const keys = ["b", "a", "c"].map((name) => fixture.otherCourse(name));
      for (const key of keys) await fixture.teach(["a", "b", "c"], key);
      const [stored] = keys;
      assert.ok(stored !== undefined);
      await fixture.complete("a", stored);
      const rows = await fixture.store.courseProgress(
        fixture.key.userId,
        keys.map(({ courseId }) => courseId),
      );
      assert.deepEqual(
        rows.map(({ courseId, completed }) => [courseId[0], completed]),
        [
          ["a", 0],
          ["b", 1],
          ["c", 0],
        ],
      );
    });

    it("tells the newest stamp of the positions since the last start over", async () => {
      await using fixture = await StoreFixture.open(open);
      const lastWatched = async (): Promise<unknown> =>
        (await fixture.store.courseProgress(fixture.key.userId, []))[0]?.lastWatched;
      await fixture.teach(["a", "b"]);
      await fixture.complete("a");
      assert.equal(await lastWatched(), null);
      await fixture.join(positions({ a: [7, 1], b: [5, 1] }));
      assert.equal(await lastWatched(), stampAt(7));
      await fixture.change({ type: "startOver", reset: stampAt(9) });
      assert.equal(await lastWatched(), null);
      await fixture.join(positions({ b: [8, 1] }));
      assert.equal(await lastWatched(), null);
      await fixture.join(positions({ b: [10, 1] }));
      assert.equal(await lastWatched(), stampAt(10));
    });

    it("leaves out courses that the catalog does not have", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.complete("a");
      assert.deepEqual(await fixture.store.courseProgress(fixture.key.userId, [someCourse("unknown")]), []);
    });

    it("is right at once when lectures come and go", async () => {
      await using fixture = await StoreFixture.open(open);
      const { courseId, userId } = fixture.key;
      const row = async (): Promise<unknown> => (await fixture.store.courseProgress(userId, []))[0];
      await fixture.teach(["a", "b"]);
      await fixture.complete("a");
      await fixture.catalog.addLecture(courseId, lecture("c"), { title: "c", durationSeconds: 1, order: 3 });
      assert.deepEqual(await row(), { courseId, completed: 1, total: 3, lastWatched: null });
      await fixture.catalog.removeLecture(courseId, lecture("a"));
      assert.deepEqual(await row(), { courseId, completed: 0, total: 2, lastWatched: null });
      await fixture.teach(["a"]);
      assert.deepEqual(await row(), { courseId, completed: 1, total: 1, lastWatched: null });
    });

    it("keeps a course that was started over, at nothing", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.teach(["a"]);
      await fixture.complete("a");
      await fixture.change({ type: "startOver", reset: stampAt(9) });
      assert.deepEqual(await fixture.store.courseProgress(fixture.key.userId, []), [
        { courseId: fixture.key.courseId, completed: 0, total: 1, lastWatched: null },
      ]);
    });

    it("counts an undone completion no more, and nobody else's", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.teach(["a", "b"]);
      await fixture.complete("a");
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      await fixture.complete("b", fixture.otherStudent());
      const [row] = await fixture.store.courseProgress(fixture.key.userId, []);
      assert.equal(row?.completed, 0);
    });

    it("takes lectures named like what every object has", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.teach(["constructor", "toString", "0"]);
      await fixture.complete("constructor");
      const [row] = await fixture.store.courseProgress(fixture.key.userId, []);
      assert.deepEqual(row, { courseId: fixture.key.courseId, completed: 1, total: 3, lastWatched: null });
    });
  });

  describe("totals", () => {
    it("count lectures over all courses, unknown and deleted lectures included", async () => {
      await using fixture = await StoreFixture.open(open);
      const total = async (): Promise<number> => (await fixture.store.totals(fixture.key.userId)).lectures;
      assert.equal(await total(), 0);
      await fixture.teach(["a", "b"]);
      await fixture.complete("a");
      await fixture.complete("b");
      await fixture.complete("a", fixture.otherCourse());
      await fixture.complete("a", fixture.otherStudent());
      assert.equal(await total(), 3);
      await fixture.catalog.removeLecture(fixture.key.courseId, lecture("a"));
      assert.equal(await total(), 3);
    });

    it("go back with undo and start over", async () => {
      await using fixture = await StoreFixture.open(open);
      const totals = (): Promise<CompletionTotals> => fixture.store.totals(fixture.key.userId);
      for (const id of ["a", "b", "c"]) await fixture.complete(id);
      await fixture.completeCourse();
      assert.deepEqual(await totals(), { lectures: 3, courses: 1 });
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      assert.deepEqual(await totals(), { lectures: 2, courses: 0 });
      await fixture.change({ type: "startOver", reset: stampAt(9) });
      assert.deepEqual(await totals(), { lectures: 0, courses: 0 });
      await fixture.complete("a");
      assert.deepEqual(await totals(), { lectures: 1, courses: 0 });
    });

    it("count completed courses, and nobody else's", async () => {
      await using fixture = await StoreFixture.open(open);
      for (const key of [fixture.key, fixture.otherCourse(), fixture.otherCourse(), fixture.otherStudent()]) {
        await fixture.complete("a", key);
        await fixture.completeCourse(key);
      }
      await fixture.complete("a", fixture.otherCourse());
      assert.deepEqual(await fixture.store.totals(fixture.key.userId), { lectures: 4, courses: 3 });
    });
  });
}
