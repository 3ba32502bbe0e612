import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { erasedUntil } from "../../src/domain/erasure.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import type { Played } from "../../src/domain/played-ranges.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { type OpenStore, positions, someTime, StoreFixture } from "./store-fixture.ts";

export function eraseContract(open: OpenStore): void {
  describe("erasing", () => {
    it("forgets everything of the student and of nobody else", async () => {
      await using fixture = await StoreFixture.open(open);
      const other = fixture.otherStudent();
      for (const key of [fixture.key, fixture.otherCourse(), other]) {
        await fixture.join(positions({ a: [1, 1] }), stampAt(0), key);
        await fixture.complete("a", key);
      }
      await fixture.store.erase(fixture.key.userId);
      assert.deepEqual(await fixture.store.readAll(fixture.key.userId), []);
      const { rev, completions, outbox } = await fixture.read();
      assert.deepEqual({ rev, completions, outbox }, { rev: 0, completions: new Map(), outbox: [] });
      assert.equal((await fixture.store.totals(fixture.key.userId)).lectures, 0);
      const keys = await fixture.store.unsettled(someTime + 1, 10_000);
      assert.ok(!keys.some(({ key }) => key.userId === fixture.key.userId));
      assert.equal((await fixture.store.readAll(other.userId)).length, 1);
    });

    it("lets the student begin again", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.complete("a");
      await fixture.store.erase(fixture.key.userId);
      await fixture.complete("a");
      assert.equal((await fixture.read()).rev, 1);
    });

    it("does not mind that there is nothing", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.store.erase(fixture.key.userId);
      await fixture.store.eraseRevived(fixture.key.userId, stampAt(9));
      assert.deepEqual(await fixture.store.readAll(fixture.key.userId), []);
    });
  });

  describe("erasing what a late flush or completion brought back", () => {
    it("forgets courses with nothing newer than the erasure", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(positions({ a: [10, 1], b: [20, 2] }), stampAt(5));
      await fixture.join(positions({ a: [1, 1] }), null, fixture.otherCourse());
      await fixture.store.eraseRevived(fixture.key.userId, stampAt(20));
      assert.deepEqual(await fixture.store.readAll(fixture.key.userId), []);
    });

    it("keeps what the student has done since: a position after the erasure, or a completion", async () => {
      await using fixture = await StoreFixture.open(open);
      const [watched, completed] = [fixture.otherCourse("watched"), fixture.otherCourse("completed")];
      await fixture.join(positions({ a: [10, 1], b: [21, 2] }), null, watched);
      await fixture.join(positions({ a: [10, 1] }), null, completed);
      await fixture.complete("a", completed);
      await fixture.store.eraseRevived(fixture.key.userId, stampAt(20));
      const left = (await fixture.store.readAll(fixture.key.userId)).map(({ courseId }) => courseId);
      assert.deepEqual(left.toSorted(), [completed.courseId, watched.courseId]);
      assert.equal((await fixture.read(completed)).completions.size, 1);
    });

    it("forgets what is older in a course that stays: positions, when it was watched, and what was played", async () => {
      await using fixture = await StoreFixture.open(open);
      const { userId } = fixture.key;
      await fixture.teach(["a", "b"]);
      const played = (creditedAt: number): Played => {
        return { ranges: [[0, 5]], creditedAt, spareSeconds: 0, sitting: { id: "1".repeat(16), openedAt: creditedAt } };
      };
      await fixture.join(positions({ a: [10, 1], b: [20, 2] }));
      await fixture.change({ type: "credit", lectureId: lecture("a"), played: played(20) });
      await fixture.change({ type: "credit", lectureId: lecture("b"), played: played(21) });
      await fixture.store.eraseRevived(userId, stampAt(20));
      assert.deepEqual((await fixture.read()).positions, new Map());
      assert.equal((await fixture.store.courseProgress(userId, []))[0]?.lastWatched, null);
      assert.deepEqual([...(await fixture.store.readPlayed(fixture.key)).played.keys()], [lecture("b")]);
      await fixture.join(positions({ a: [15, 1], b: [21, 2] }));
      await fixture.store.eraseRevived(userId, stampAt(20));
      assert.deepEqual((await fixture.read()).positions, positions({ b: [21, 2] }));
      assert.equal((await fixture.store.courseProgress(userId, []))[0]?.lastWatched, stampAt(21));
    });

    it("forgets a course in which nothing was completed later than the erasure reaches, also when that was undone", async () => {
      await using fixture = await StoreFixture.open(open);
      const [completed, undone, newer] = ["completed", "undone", "newer"].map((name) => fixture.otherCourse(name)) as [
        ProgressKey,
        ProgressKey,
        ProgressKey,
      ];
      const upTo = stampAt(someTime);
      const until = erasedUntil(upTo);
      for (const key of [completed, undone, newer]) await fixture.complete("a", key, until);
      await fixture.change({ type: "undo", lectureId: lecture("a") }, undone);
      await fixture.complete("b", newer, until + 1);
      await fixture.complete("c", newer, until);
      await fixture.change({ type: "undo", lectureId: lecture("b") }, newer);
      await fixture.store.eraseRevived(fixture.key.userId, upTo);
      const left = (await fixture.store.readAll(fixture.key.userId)).map(({ courseId }) => courseId);
      assert.deepEqual(left, [newer.courseId]);
      assert.ok(
        !(await fixture.store.unsettled(until + 1, 10_000)).some(({ key }) => key.courseId === undone.courseId),
      );
    });

    it("keeps a course with anything completed since, also when that was undone or started over", async () => {
      await using fixture = await StoreFixture.open(open);
      const [undone, again] = [fixture.otherCourse("undone"), fixture.otherCourse("again")];
      for (const key of [undone, again]) await fixture.complete("a", key);
      await fixture.change({ type: "undo", lectureId: lecture("a") }, undone);
      await fixture.change({ type: "startOver", reset: stampAt(10) }, again);
      await fixture.store.eraseRevived(fixture.key.userId, stampAt(20));
      const left = (await fixture.store.readAll(fixture.key.userId)).map(({ courseId }) => courseId);
      assert.deepEqual(left.toSorted(), [again.courseId, undone.courseId].toSorted());
    });

    it("keeps a start over that came after the erasure, not one that came before", async () => {
      await using fixture = await StoreFixture.open(open);
      const [before, after] = [fixture.otherCourse("before"), fixture.otherCourse("after")];
      await fixture.change({ type: "startOver", reset: stampAt(20) }, before);
      await fixture.change({ type: "startOver", reset: stampAt(21) }, after);
      await fixture.store.eraseRevived(fixture.key.userId, stampAt(20));
      const left = (await fixture.store.readAll(fixture.key.userId)).map(({ courseId }) => courseId);
      assert.deepEqual(left, [after.courseId]);
    });

    it("touches nobody else", async () => {
      await using fixture = await StoreFixture.open(open);
      const other = fixture.otherStudent();
      await fixture.join(positions({ a: [10, 1] }), null, other);
      await fixture.store.eraseRevived(fixture.key.userId, stampAt(20));
      assert.equal((await fixture.store.readAll(other.userId)).length, 1);
    });
  });
}
