import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { nextStamp } from "../../src/domain/stamp.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { BufferFixture, never, type OpenBuffer } from "./buffer-fixture.ts";

export function claimContract(open: OpenBuffer): void {
  describe("becoming dirty", () => {
    it("happens with the first accepted save, not with a refused or superseded one", async () => {
      await using fixture = await BufferFixture.open(open);
      const now = await fixture.buffer.now();
      await fixture.offer(1, { stamp: stampAt(now + 60_000) });
      assert.equal(await fixture.isDirty(), false);
      await fixture.save(1, { stamp: stampAt(now) });
      assert.equal(await fixture.isDirty(), true);
      await fixture.flush();
      await fixture.save(1, { stamp: stampAt(now - 1) });
      assert.equal(await fixture.isDirty(), false);
    });

    it("does not happen when a stored save is repeated", async () => {
      await using fixture = await BufferFixture.open(open);
      const stamp = stampAt(await fixture.buffer.now());
      await fixture.save(1, { stamp });
      await fixture.flush();
      assert.equal((await fixture.save(1, { stamp })).status, "stored");
      assert.equal(await fixture.isDirty(), false);
      assert.deepEqual(await fixture.claims(), []);
    });

    it("happens again to a clean key", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.flush();
      await fixture.save(2);
      assert.equal(await fixture.isDirty(), true);
      assert.deepEqual(
        [...(await fixture.claim()).positions.values()].map(({ seconds }) => seconds),
        [2],
      );
    });

    it("lists the courses of the student alone", async () => {
      await using fixture = await BufferFixture.open(open);
      for (const key of [fixture.key, fixture.otherCourse(), fixture.otherStudent()]) await fixture.save(1, { key });
      const courses = await fixture.buffer.startedCourses(fixture.key.userId);
      assert.deepEqual([...courses.keys()].toSorted(), ["algebra", "biology"]);
    });
  });

  describe("a student's courses", () => {
    it("come with the newest stamp of their positions", async () => {
      await using fixture = await BufferFixture.open(open);
      const [older, newer] = [fixture.key, fixture.otherCourse()];
      await fixture.save(1, { key: older, at: "a" });
      const first = await fixture.save(2, { key: older, at: "b" });
      const second = await fixture.save(3, { key: newer });
      const courses = (): Promise<unknown> => fixture.buffer.startedCourses(fixture.key.userId);
      const expected = (newest: string): unknown =>
        new Map([
          [older.courseId, newest],
          [newer.courseId, second.stamp],
        ]);
      assert.deepEqual(await courses(), expected(first.stamp));
      // In the same millisecond it could not be told from what comes right after the first.
      await delay(2);
      const again = await fixture.save(4, { key: older, at: "a" });
      assert.deepEqual(await courses(), expected(again.stamp));
      await fixture.save(5, { key: older, at: "b", stamp: nextStamp(first.stamp) });
      assert.deepEqual(await courses(), expected(again.stamp));
    });

    it("come without one after a start over, until something is watched again", async () => {
      await using fixture = await BufferFixture.open(open);
      const { userId, courseId } = fixture.key;
      await fixture.save(1);
      await fixture.buffer.startOver(fixture.key, null);
      assert.deepEqual(await fixture.buffer.startedCourses(userId), new Map([[courseId, null]]));
      const { stamp } = await fixture.save(2);
      assert.deepEqual(await fixture.buffer.startedCourses(userId), new Map([[courseId, stamp]]));
    });
  });

  describe("falling due", () => {
    it("takes an interval", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      assert.deepEqual(await fixture.claims({ all: false }), []);
      await using quick = await BufferFixture.open(open, { flushIntervalMs: 50 });
      const savedAt = await quick.buffer.now();
      await quick.save(1);
      const { claimedAt } = await quick.claimSoon();
      assert.ok(claimedAt >= savedAt + 45, `claimed after ${claimedAt - savedAt} ms`);
    });

    it("is not postponed by a steady stream of saves", async () => {
      await using fixture = await BufferFixture.open(open, { flushIntervalMs: 150 });
      await fixture.save(0);
      const until = (await fixture.buffer.now()) + 200;
      for (let seconds = 1; (await fixture.buffer.now()) < until; seconds++) {
        await fixture.save(seconds);
        await delay(10);
      }
      assert.equal((await fixture.claims({ all: false })).length, 1);
    });

    it("is spread, so that students who began together are not flushed together", async () => {
      await using fixture = await BufferFixture.open(open, { flushIntervalMs: 1_000 });
      // A machine that pauses at the wrong moment sees all keys due at once; it does not do so every time.
      for (let instants = 0, attempt = 0; instants < 2; attempt++) {
        assert.ok(attempt < 3, "all keys were due at one instant");
        instants = await countDueInstants(fixture, 1_100);
      }
    });
  });

  describe("claiming", () => {
    it("hands out all that is buffered of a key", async () => {
      await using fixture = await BufferFixture.open(open);
      const one = await fixture.save(1, { at: "a" });
      const two = await fixture.save(2, { at: "b" });
      const before = await fixture.buffer.now();
      const claim = await fixture.claim();
      assert.deepEqual(claim.key, fixture.key);
      assert.deepEqual(
        claim.positions,
        new Map([
          ["a", { stamp: one.stamp, seconds: 1 }],
          ["b", { stamp: two.stamp, seconds: 2 }],
        ]),
      );
      assert.deepEqual({ reset: claim.reset, attempts: claim.attempts }, { reset: null, attempts: 0 });
      assert.ok(before <= claim.claimedAt && claim.claimedAt <= (await fixture.buffer.now()));
    });

    it("leaves the key dirty and readable", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.claim();
      assert.equal(await fixture.isDirty(), true);
      assert.deepEqual(await fixture.seconds(), { intro: 1 });
    });

    it("takes no more than it is asked for", async () => {
      await using fixture = await BufferFixture.open(open);
      const keys = Array.from({ length: 5 }, () => fixture.otherStudent());
      for (const key of keys) await fixture.save(1, { key });
      assert.deepEqual(await fixture.buffer.claim(0, never, { all: true }), []);
      const claims = await fixture.buffer.claim(2, never, { all: true });
      assert.equal(claims.length, 2);
      claims.push(...(await fixture.buffer.claim(10, never, { all: true })));
      assert.equal(new Set(claims.map(({ key }) => key.userId)).size, 5);
    });

    it("gives a key to one flusher at a time", async () => {
      await using fixture = await BufferFixture.open(open);
      const keys = Array.from({ length: 30 }, () => fixture.otherStudent());
      await fixture.buffer.save(keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 1 })));
      const claims = (await Promise.all([fixture.claims(), fixture.claims(), fixture.claims()])).flat();
      assert.equal(claims.length, keys.length);
      assert.equal(new Set(claims.map(({ key }) => key.userId)).size, keys.length);
      assert.deepEqual(await fixture.claims(), []);
    });

    it("takes keys that are not due when asked for all", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      assert.deepEqual(await fixture.claims({ all: false }), []);
      assert.equal((await fixture.claims({ all: true })).length, 1);
    });

    it("takes a key again when its lease has ended", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const first = await fixture.claim({ leaseMs: 30 });
      const second = await fixture.claimSoon();
      assert.ok(second.claimedAt >= first.claimedAt + 30);
      assert.deepEqual(second.positions, first.positions);
      assert.deepEqual(await fixture.buffer.acknowledge([second]), ["clean"]);
      assert.deepEqual(await fixture.buffer.acknowledge([first]), ["clean"]);
    });

    it("finds a lapsed lease also when asked for all", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.claim({ leaseMs: 30 });
      await fixture.claimSoon({ all: true });
    });

    it("shows what was saved under an earlier lease, with another version", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const first = await fixture.claim({ leaseMs: 1 });
      await fixture.save(2);
      const second = await fixture.claimSoon();
      assert.notEqual(second.version, first.version);
      assert.deepEqual(
        [...second.positions.values()].map(({ seconds }) => seconds),
        [2],
      );
    });
  });

  describe("releasing", () => {
    it("makes the keys due at once", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.save(2, { key: fixture.otherCourse() });
      const claims = await fixture.claims();
      assert.equal(claims.length, 2);
      await fixture.buffer.release(claims);
      assert.equal((await fixture.claims({ all: false })).length, 2);
    });

    it("leaves a key alone that another flusher has acknowledged", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const first = await fixture.claim({ leaseMs: 1 });
      await fixture.buffer.acknowledge([await fixture.claimSoon()]);
      await fixture.buffer.release([first]);
      assert.equal(await fixture.isDirty(), false);
      assert.deepEqual(await fixture.claims(), []);
    });

    it("leaves a key alone that was erased", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const claims = await fixture.claims();
      await fixture.buffer.erase(fixture.key.userId, [fixture.key.courseId]);
      await fixture.buffer.release(claims);
      assert.deepEqual(await fixture.claims(), []);
    });
  });
}

/** At how many instants keys that were saved together fall due within the time given. */
async function countDueInstants(fixture: BufferFixture, withinMs: number): Promise<number> {
  const keys = Array.from({ length: 200 }, () => fixture.otherStudent());
  await fixture.buffer.save(keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 1 })));
  const instants = new Set<number>();
  for (const until = (await fixture.buffer.now()) + withinMs; (await fixture.buffer.now()) < until; await delay(5)) {
    for (const { claimedAt } of await fixture.claims({ all: false })) instants.add(claimedAt);
  }
  return instants.size;
}
