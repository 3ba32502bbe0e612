import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { courseCompleted, lectureCompleted } from "../../src/domain/event.ts";
import type { ProgressChange } from "../../src/ports/progress-store.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { momentAt, type OpenStore, positions, someTime, StoreFixture } from "./store-fixture.ts";
import { creditOf } from "./store-playing.ts";

export function changeContract(open: OpenStore): void {
  describe("completing", () => {
    it("stores when, how often, and the event, in one", async () => {
      await using fixture = await StoreFixture.open(open);
      const event = await fixture.complete("constructor");
      const { rev, completedAt, completions, courseCompletedAt, outbox } = await fixture.read();
      assert.equal(rev, 1);
      assert.deepEqual(completedAt, new Map([["constructor", someTime]]));
      assert.deepEqual(completions, new Map([["constructor", 1]]));
      assert.equal(courseCompletedAt, null);
      assert.deepEqual(outbox, [event]);
    });

    it("stores lecture after lecture", async () => {
      await using fixture = await StoreFixture.open(open);
      const events = [];
      for (const [index, id] of ["a", "0", "v"].entries())
        events.push(await fixture.complete(id, fixture.key, someTime + index));
      const { rev, completedAt, outbox } = await fixture.read();
      assert.equal(rev, 3);
      assert.deepEqual(
        completedAt,
        new Map([
          ["a", someTime],
          ["0", someTime + 1],
          ["v", someTime + 2],
        ]),
      );
      assert.deepEqual(outbox, events);
    });

    it("works on a course that only a flush has written to", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(positions({ a: [5, 1] }), stampAt(2));
      assert.equal((await fixture.read()).rev, 0);
      await fixture.complete("a");
      const { rev, positions: kept, reset } = await fixture.read();
      assert.deepEqual({ rev, kept, reset }, { rev: 1, kept: positions({ a: [5, 1] }), reset: stampAt(2) });
    });

    it("keeps courses and students apart", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.complete("a");
      for (const key of [fixture.otherCourse(), fixture.otherStudent()]) assert.equal((await fixture.read(key)).rev, 0);
    });
  });

  describe("undoing", () => {
    it("takes the completion away, but remembers how often there was one", async () => {
      await using fixture = await StoreFixture.open(open);
      const events = [await fixture.complete("a"), await fixture.complete("b")];
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      const { rev, completedAt, completions, outbox } = await fixture.read();
      assert.equal(rev, 3);
      assert.deepEqual(completedAt, new Map([["b", someTime]]));
      assert.deepEqual(
        completions,
        new Map([
          ["a", 1],
          ["b", 1],
        ]),
      );
      assert.deepEqual(outbox, events);
    });

    it("lets the lecture be completed again", async () => {
      await using fixture = await StoreFixture.open(open);
      const first = await fixture.complete("a");
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      const second = await fixture.complete("a", fixture.key, someTime + 9);
      const { completedAt, completions, outbox } = await fixture.read();
      assert.deepEqual(completedAt, new Map([["a", someTime + 9]]));
      assert.deepEqual(completions, new Map([["a", 2]]));
      assert.deepEqual(outbox, [first, second]);
      assert.notEqual(first.id, second.id);
    });

    it("forgets that the course was completed", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.complete("a");
      await fixture.completeCourse();
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      assert.equal((await fixture.read()).courseCompletedAt, null);
    });

    it("leaves positions alone", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(positions({ a: [5, 1] }));
      await fixture.complete("a");
      await fixture.change({ type: "undo", lectureId: lecture("a") });
      assert.deepEqual((await fixture.read()).positions, positions({ a: [5, 1] }));
    });
  });

  describe("completing a course", () => {
    it("stores when, and the event", async () => {
      await using fixture = await StoreFixture.open(open);
      const first = await fixture.complete("a");
      const event = await fixture.completeCourse(fixture.key, someTime + 5);
      const { rev, courseCompletedAt, completedAt, outbox } = await fixture.read();
      assert.deepEqual({ rev, courseCompletedAt }, { rev: 2, courseCompletedAt: someTime + 5 });
      assert.deepEqual(completedAt, new Map([["a", someTime]]));
      assert.deepEqual(outbox, [first, event]);
    });
  });

  describe("starting over", () => {
    it("forgets all completions, and positions up to the reset", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(positions({ a: [10, 1], b: [20, 2] }));
      const events = [await fixture.complete("a"), await fixture.complete("b"), await fixture.completeCourse()];
      await fixture.change({ type: "startOver", reset: stampAt(15) });
      assert.deepEqual(await fixture.read(), {
        rev: 4,
        flushedVersion: null,
        positions: positions({ b: [20, 2] }),
        reset: stampAt(15),
        completedAt: new Map(),
        completions: new Map([
          ["a", 1],
          ["b", 1],
        ]),
        courseCompletedAt: null,
        outbox: events,
      });
    });

    it("never takes a later reset back", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.join(new Map(), stampAt(30));
      await fixture.change({ type: "startOver", reset: stampAt(20) });
      assert.equal((await fixture.read()).reset, stampAt(30));
    });

    it("works where nothing is stored yet", async () => {
      await using fixture = await StoreFixture.open(open);
      await fixture.change({ type: "startOver", reset: stampAt(20) });
      const { rev, reset } = await fixture.read();
      assert.deepEqual({ rev, reset }, { rev: 1, reset: stampAt(20) });
    });
  });

  describe("comparing and setting", () => {
    const changes = {
      complete: (fixture: StoreFixture) => {
        return {
          type: "complete",
          event: lectureCompleted(fixture.key, momentAt(someTime), lecture("new"), 1),
        } as const;
      },
      undo: () => ({ type: "undo", lectureId: lecture("a") }) as const,
      completeCourse: (fixture: StoreFixture) => {
        return { type: "completeCourse", event: courseCompleted(fixture.key, momentAt(someTime), 99) } as const;
      },
      startOver: () => ({ type: "startOver", reset: stampAt(99) }) as const,
      credit: () => creditOf("a", [[0, 5]]),
    } satisfies Record<ProgressChange["type"], (fixture: StoreFixture) => ProgressChange>;

    for (const [type, make] of Object.entries(changes)) {
      it(`changes nothing at another revision: ${type}`, async () => {
        await using fixture = await StoreFixture.open(open);
        const change = make(fixture);
        assert.equal(await fixture.store.change(fixture.key, 1, change), false);
        assert.equal((await fixture.read()).rev, 0);
        await fixture.complete("a");
        await fixture.completeCourse();
        const before = await fixture.read();
        for (const rev of [0, 1, 3]) assert.equal(await fixture.store.change(fixture.key, rev, change), false);
        assert.deepEqual(await fixture.read(), before);
      });

      it(`lets one of two racing changes win: ${type}`, async () => {
        await using fixture = await StoreFixture.open(open);
        for (const rev of [0, 1]) {
          const rival = lectureCompleted(fixture.key, momentAt(someTime), lecture(`rival-${rev}`), 1);
          const changed = await Promise.all([
            fixture.store.change(fixture.key, rev, make(fixture)),
            fixture.store.change(fixture.key, rev, { type: "complete", event: rival }),
          ]);
          assert.equal(changed.filter(Boolean).length, 1);
          assert.equal((await fixture.read()).rev, rev + 1);
          if (changed[0]) break; // The same event again would be no event of its own.
        }
      });
    }

    it("loses none of many changes that race", async () => {
      await using fixture = await StoreFixture.open(open);
      const ids = Array.from({ length: 12 }, (_, index) => `l${index}`);
      await Promise.all(
        ids.map(async (id) => {
          const event = lectureCompleted(fixture.key, momentAt(someTime), lecture(id), 1);
          while (!(await fixture.store.change(fixture.key, (await fixture.read()).rev, { type: "complete", event })));
        }),
      );
      const { rev, completedAt, outbox } = await fixture.read();
      assert.deepEqual(
        { rev, completed: completedAt.size, events: outbox.length },
        { rev: 12, completed: 12, events: 12 },
      );
      assert.equal((await fixture.store.totals(fixture.key.userId)).lectures, 12);
    });

    it("does not mind a flush between reading and changing", async () => {
      await using fixture = await StoreFixture.open(open);
      const { rev } = await fixture.read();
      await fixture.join(positions({ a: [5, 1] }), stampAt(2));
      const event = lectureCompleted(fixture.key, momentAt(someTime), lecture("a"), 1);
      assert.equal(await fixture.store.change(fixture.key, rev, { type: "complete", event }), true);
      assert.deepEqual((await fixture.read()).positions, positions({ a: [5, 1] }));
    });
  });
}
