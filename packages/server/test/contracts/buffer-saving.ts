import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { lastWatched } from "../../src/domain/position.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { isStamp, stampTime } from "../../src/domain/stamp.ts";
import type { Claim } from "../../src/ports/position-buffer.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { BufferFixture, type OpenBuffer } from "./buffer-fixture.ts";

export function savingContract(open: OpenBuffer): void {
  describe("reading many keys at once", () => {
    it("answers each as if it were the only one, in order, however many there are", async () => {
      await using fixture = await BufferFixture.open(open);
      const keys = Array.from({ length: 50 }, () => fixture.otherStudent());
      for (const [seconds, key] of keys.entries()) if (seconds % 3 > 0) await fixture.save(seconds, { key });
      await fixture.buffer.startOver(keys[1] as ProgressKey, null);
      keys.push(keys[2] as ProgressKey);
      const answers = await Promise.all(fixture.buffer.readEach(keys));
      for (const [index, key] of keys.entries()) {
        const { positions, reset } = await fixture.buffer.read(key);
        assert.deepEqual([answers[index]?.positions, answers[index]?.reset], [positions, reset]);
      }
      assert.equal(answers[50]?.positions.get(lecture("intro"))?.seconds, 2);
      assert.deepEqual(fixture.buffer.readEach([]), []);
    });

    it("fails no other key with one that cannot be read", async () => {
      await using fixture = await BufferFixture.open(open);
      const spoilt = fixture.otherStudent();
      await fixture.save(5);
      await fixture.spoil(spoilt);
      const [before, , after] = await Promise.allSettled(
        fixture.buffer.readEach([fixture.key, spoilt, fixture.otherCourse()]),
      );
      assert.ok(before?.status === "fulfilled" && after?.status === "fulfilled");
      assert.equal(before.value.positions.get(lecture("intro"))?.seconds, 5);
      assert.equal(after.value.positions.size, 0);
    });
  });

  describe("reading what is not flushed", () => {
    it("tells what is not flushed, and of the rest its positions or the version that was acknowledged", async () => {
      await using fixture = await BufferFixture.open(open);
      const [dirty, watched, unknown] = [fixture.otherStudent(), fixture.otherCourse(), fixture.otherStudent()];
      await fixture.save(1);
      await fixture.save(2, { at: "outro" });
      const claim = await fixture.claim();
      await fixture.buffer.acknowledge([claim]);
      await fixture.save(4, { key: watched });
      const [earlier] = await fixture.claims();
      await fixture.buffer.acknowledge([earlier as Claim]);
      await fixture.save(5, { key: watched, at: "outro" });
      await fixture.save(3, { key: dirty });
      const answers = await Promise.all(fixture.buffer.readUnflushed([fixture.key, watched, dirty, unknown]));
      const [clean, partly, ...others] = answers;
      assert.ok(clean?.flushedVersion === claim.version || clean?.positions.size === 2);
      assert.equal(partly?.positions.get(lecture("outro"))?.seconds, 5);
      assert.ok(partly.flushedVersion === earlier?.version || partly.positions.size === 2);
      assert.deepEqual(
        others.map(({ flushedVersion, positions }) => [flushedVersion, positions.get(lecture("intro"))?.seconds]),
        [
          [null, 3],
          [null, undefined],
        ],
      );
      for (const { now } of answers) assert.ok(Math.abs(now - (await fixture.buffer.now())) < 60_000);
    });

    it("tells all that is not flushed of a course of any size", async () => {
      await using fixture = await BufferFixture.open(open);
      const lectureIds = Array.from({ length: 3_000 }, (_, number) => lecture(`lecture-${number}`));
      await fixture.save(1, { at: "flushed" });
      await fixture.flush();
      await fixture.buffer.save(lectureIds.map((lectureId) => ({ key: fixture.key, lectureId, seconds: 2 })));
      const [unflushed] = await Promise.all(fixture.buffer.readUnflushed([fixture.key]));
      const told = lectureIds.filter((lectureId) => unflushed?.positions.get(lectureId)?.seconds === 2);
      assert.equal(told.length, lectureIds.length);
    });

    it("tells the reset of a clean key", async () => {
      await using fixture = await BufferFixture.open(open);
      const reset = await fixture.buffer.startOver(fixture.key, null);
      await fixture.flush();
      const [clean] = await Promise.all(fixture.buffer.readUnflushed([fixture.key]));
      assert.equal(clean?.reset, reset);
    });

    it("fails no other key with one that cannot be read", async () => {
      await using fixture = await BufferFixture.open(open);
      const spoilt = fixture.otherStudent();
      await fixture.save(5);
      await fixture.spoil(spoilt);
      const [before, failed] = await Promise.allSettled(fixture.buffer.readUnflushed([fixture.key, spoilt]));
      assert.ok(before?.status === "fulfilled");
      assert.equal(before.value.positions.get(lecture("intro"))?.seconds, 5);
      assert.ok(failed?.status === "rejected" || failed?.value.positions.size === 0);
    });
  });

  describe("saving by arrival", () => {
    it("keeps a position to the millisecond", async () => {
      await using fixture = await BufferFixture.open(open);
      const values = { start: 0, soon: 0.001, exact: 754.321, long: 86_399.999, longest: 1e12 };
      for (const [at, seconds] of Object.entries(values)) await fixture.save(seconds, { at });
      assert.deepEqual(await fixture.seconds(), values);
    });

    it("stamps with the buffer's clock", async () => {
      await using fixture = await BufferFixture.open(open);
      // The first makes the key dirty, the others find it so.
      for (const seconds of [5, 10, 15]) {
        const before = await fixture.buffer.now();
        const { status, stamp, serverTime } = await fixture.save(seconds);
        const after = await fixture.buffer.now();
        assert.equal(status, "stored");
        assert.ok(isStamp(stamp));
        assert.ok(before <= stampTime(stamp) && stampTime(stamp) <= after);
        assert.ok(before <= serverTime && serverTime <= after);
        assert.deepEqual((await fixture.buffer.read(fixture.key)).positions, new Map([["intro", { stamp, seconds }]]));
        await delay(2);
      }
    });

    it("takes the last of several saves, a rewind too", async () => {
      await using fixture = await BufferFixture.open(open);
      for (const seconds of [10, 20, 5]) assert.equal((await fixture.save(seconds)).status, "stored");
      assert.deepEqual(await fixture.seconds(), { intro: 5 });
    });

    it("orders two saves of one lecture in one batch", async () => {
      await using fixture = await BufferFixture.open(open);
      const { key, buffer } = fixture;
      const [one, two] = await buffer.save([10, 20].map((seconds) => ({ key, lectureId: lecture("intro"), seconds })));
      assert.ok(one?.status === "stored" && two?.status === "stored");
      assert.ok(one.stamp < two.stamp);
      assert.deepEqual((await buffer.read(key)).positions.get(lecture("intro")), { stamp: two.stamp, seconds: 20 });
    });

    it("orders saves of two lectures in one batch", async () => {
      await using fixture = await BufferFixture.open(open);
      const { key, buffer } = fixture;
      await buffer.save(["b", "a", "c", "intro"].map((id) => ({ key, lectureId: lecture(id), seconds: 1 })));
      assert.equal(lastWatched((await buffer.read(key)).positions)?.lectureId, "intro");
    });

    it("orders batches that are under way together", async () => {
      await using fixture = await BufferFixture.open(open);
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, seconds) => fixture.save(seconds)));
      const stamps = outcomes.map(({ stamp }) => stamp);
      assert.equal(new Set(stamps).size, 20);
      const newest = stamps.toSorted().at(-1);
      assert.deepEqual(await fixture.seconds(), { intro: stamps.findIndex((stamp) => stamp === newest) });
    });

    it("comes after a session's position that is ahead of the clock", async () => {
      await using fixture = await BufferFixture.open(open);
      const ahead = await fixture.save(10, { stamp: stampAt((await fixture.buffer.now()) + 4_000, 3) });
      const { stamp } = await fixture.save(20);
      assert.ok(stamp > ahead.stamp);
      assert.deepEqual(await fixture.seconds(), { intro: 20 });
    });

    it("comes after a session's position in another lecture of the course", async () => {
      await using fixture = await BufferFixture.open(open);
      const ahead = await fixture.save(10, { at: "a", stamp: stampAt((await fixture.buffer.now()) + 4_000, 3) });
      const { stamp } = await fixture.save(20, { at: "b" });
      assert.ok(stamp > ahead.stamp);
    });
  });

  describe("saving many at once", () => {
    it("answers each save, in order", async () => {
      await using fixture = await BufferFixture.open(open);
      const { key, buffer } = fixture;
      const now = await buffer.now();
      const [newer, older, far] = [stampAt(now - 1), stampAt(now - 2), stampAt(now + 60_000)];
      const saves = [{}, { stamp: newer }, { stamp: older }, { stamp: far }, { stamp: newer }, {}];
      const lectures = ["a", "b", "b", "c", "b", "d"].map(lecture);
      const outcomes = await buffer.save(
        saves.map((save, index) => ({ key, lectureId: lectures[index] ?? lecture("none"), seconds: index, ...save })),
      );
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["stored", "stored", "superseded", "ahead", "stored", "stored"],
      );
      assert.deepEqual(await fixture.seconds(), { a: 0, b: 1, d: 5 });
    });

    it("answers nothing when there is nothing", async () => {
      await using fixture = await BufferFixture.open(open);
      assert.deepEqual(await fixture.buffer.save([]), []);
    });

    it("takes a thousand saves of many students", async () => {
      await using fixture = await BufferFixture.open(open);
      const keys = Array.from({ length: 100 }, () => fixture.otherStudent());
      const saves = Array.from({ length: 1_000 }, (_, index) => {
        const key = keys[index % keys.length] ?? fixture.key;
        return { key, lectureId: lecture(`l${Math.floor(index / keys.length)}`), seconds: index };
      });
      const outcomes = await fixture.buffer.save(saves);
      assert.ok(outcomes.length === 1_000 && outcomes.every(({ status }) => status === "stored"));
      for (const [number, key] of keys.entries()) {
        const expected = Array.from({ length: 10 }, (_, row) => [`l${row}`, row * keys.length + number]);
        assert.deepEqual(await fixture.seconds(key), Object.fromEntries(expected));
      }
    });

    it("fails one entry alone", async () => {
      await using fixture = await BufferFixture.open(open);
      const spoilt = fixture.otherStudent();
      await fixture.spoil(spoilt);
      const keys = [fixture.key, spoilt, fixture.otherCourse()];
      const outcomes = await fixture.buffer.save(keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 7 })));
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["stored", "failed", "stored"],
      );
      assert.ok(outcomes[1]?.status === "failed" && outcomes[1].reason !== "");
      assert.deepEqual(await fixture.seconds(), { intro: 7 });
      assert.equal((await fixture.claims()).length, 2);
    });
  });

  describe("reading", () => {
    it("finds nothing where nothing was saved", async () => {
      await using fixture = await BufferFixture.open(open);
      const before = await fixture.buffer.now();
      const { positions, reset, now } = await fixture.buffer.read(fixture.key);
      assert.deepEqual({ positions, reset }, { positions: new Map(), reset: null });
      assert.ok(before <= now && now <= (await fixture.buffer.now()));
      assert.equal(await fixture.isDirty(), false);
    });

    it("keeps courses and students apart", async () => {
      await using fixture = await BufferFixture.open(open);
      const [course, student] = [fixture.otherCourse(), fixture.otherStudent()];
      await fixture.save(1);
      await fixture.save(2, { key: course });
      await fixture.save(3, { key: student });
      assert.deepEqual(await fixture.seconds(), { intro: 1 });
      assert.deepEqual(await fixture.seconds(course), { intro: 2 });
      assert.deepEqual(await fixture.seconds(student), { intro: 3 });
    });
  });
}
