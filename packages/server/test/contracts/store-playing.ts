import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PlayedRange } from "../../src/domain/played-ranges.ts";
import type { ProgressChange } from "../../src/ports/progress-store.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { type OpenStore, positions, someTime, StoreFixture } from "./store-fixture.ts";

const sitting = { id: "1".repeat(16), openedAt: someTime };

/** A change that says what is credited of a lecture. */
export function creditOf(name: string, ranges: readonly PlayedRange[], creditedAt: number = someTime): ProgressChange {
  return { type: "credit", lectureId: lecture(name), played: { ranges, creditedAt, spareSeconds: 1.5, sitting } };
}

export function playedContract(open: OpenStore): void {
  describe("what was played", () => {
    it("is nothing at first", async () => {
      await using fixture = await StoreFixture.open(open);
      assert.deepEqual(await fixture.store.readPlayed(fixture.key), { rev: 0, reset: null, played: new Map() });
    });

    it("is what was credited last, of each lecture", async () => {
      await using fixture = await StoreFixture.open(open);
      const long = Array.from({ length: 50 }, (_, index): PlayedRange => [index * 10, index * 10 + 0.3]);
      await fixture.change(creditOf("a", [[0, 5.5]]));
      await fixture.change(creditOf("constructor", long));
      await fixture.change(
        creditOf(
          "a",
          [
            [0, 7.2],
            [100.1, 101],
          ],
          someTime + 1,
        ),
      );
      assert.deepEqual(await fixture.store.readPlayed(fixture.key), {
        rev: 3,
        reset: null,
        played: new Map([
          [
            lecture("a"),
            {
              ranges: [
                [0, 7.2],
                [100.1, 101],
              ],
              creditedAt: someTime + 1,
              spareSeconds: 1.5,
              sitting,
            },
          ],
          [lecture("constructor"), { ranges: long, creditedAt: someTime, spareSeconds: 1.5, sitting }],
        ]),
      });
    });

    it("can be asked for one lecture alone", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.change(creditOf("a", [[0, 5]]));
      await fixture.change(creditOf("b", [[1, 2]]));
      const { rev, played } = await fixture.store.readPlayed(fixture.key, lecture("b"));
      assert.deepEqual([rev, [...played.keys()], played.get(lecture("b"))?.ranges], [2, [lecture("b")], [[1, 2]]]);
      assert.equal((await fixture.store.readPlayed(fixture.key, lecture("none"))).played.size, 0);
    });

    it("stays apart from positions, completions and other courses", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.change(creditOf("a", [[0, 5]]));
      await fixture.join(positions({ a: [10, 1] }), null);
      await fixture.complete("a");
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      const { rev, played } = await fixture.store.readPlayed(fixture.key);
      assert.deepEqual([rev, played.get(lecture("a"))?.ranges], [3, [[0, 5]]]);
      assert.deepEqual((await fixture.read()).positions, positions({ a: [10, 1] }));
      assert.equal((await fixture.store.readPlayed(fixture.otherCourse())).played.size, 0);
    });

    it("is told of all courses at once, and of those alone in which something was played", async () => {
      await using fixture = await StoreFixture.open(open);
      const [played, over, watched] = ["a", "b", "c"].map((name) => fixture.otherCourse(name));
      await fixture.change(creditOf("a", [[0, 5]]), played);
      await fixture.change(creditOf("b", [[1, 2]]), played);
      await fixture.change(creditOf("a", [[0, 5]]), over);
      await fixture.change({ type: "startOver", reset: stampAt(20) }, over);
      await fixture.join(positions({ a: [10, 1] }), null, watched);
      await fixture.change(creditOf("a", [[0, 5]]), fixture.otherStudent());
      const all = await fixture.store.readAllPlayed(fixture.key.userId);
      assert.deepEqual(
        [...all].map(([courseId, lectures]) => [courseId, [...lectures.keys()].toSorted()]),
        [[played?.courseId, ["a", "b"]]],
      );
    });

    it("is forgotten with a start over, and by nothing else of the course", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.change(creditOf("a", [[0, 5]]));
      await fixture.change({ type: "startOver", reset: stampAt(20) });
      assert.deepEqual(await fixture.store.readPlayed(fixture.key), { rev: 2, reset: stampAt(20), played: new Map() });
      await fixture.change(creditOf("a", [[1, 2]]));
      assert.deepEqual((await fixture.store.readPlayed(fixture.key)).played.get(lecture("a"))?.ranges, [[1, 2]]);
    });

    it("is erased with the student, and survives a second erasure only if it is newer than the first", async () => {
      await using fixture = await StoreFixture.open(open);
      const [before, after] = [fixture.otherCourse("before"), fixture.otherCourse("after")];
      await fixture.change(creditOf("a", [[0, 5]]));
      await fixture.store.erase(fixture.key.userId);
      assert.equal((await fixture.store.readPlayed(fixture.key)).played.size, 0);
      const at = stampAt(20);
      await fixture.change(creditOf("a", [[0, 5]], timeOf(at)), before);
      await fixture.change(creditOf("a", [[0, 5]], timeOf(at)), after);
      await fixture.change(creditOf("b", [[0, 5]], timeOf(at) + 1), after);
      await fixture.store.eraseRevived(fixture.key.userId, at);
      const left = (await fixture.store.readAll(fixture.key.userId)).map(({ courseId }) => courseId);
      assert.deepEqual(left, [after.courseId]);
    });
  });
}

const timeOf = (stamp: string): number => Number(stamp.slice(0, 13));
