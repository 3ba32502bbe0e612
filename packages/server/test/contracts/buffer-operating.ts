import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { stampAt } from "../support/ids.ts";
import { BufferFixture, never, type OpenBuffer } from "./buffer-fixture.ts";

export function operatingContract(open: OpenBuffer): void {
  describe("counting", () => {
    it("counts dirty keys", async () => {
      await using fixture = await BufferFixture.open(open);
      const before = (await fixture.buffer.stats()).dirtyKeys;
      const added = async (): Promise<number> => (await fixture.buffer.stats()).dirtyKeys - before;
      await fixture.save(1);
      await fixture.save(2);
      assert.equal(await added(), 1);
      await fixture.save(1, { key: fixture.otherCourse() });
      assert.equal(await added(), 2);
      const claims = await fixture.claims();
      assert.equal(await added(), 2);
      await fixture.buffer.acknowledge(claims.slice(1));
      assert.equal(await added(), 1);
      await fixture.buffer.acknowledge(claims);
      assert.equal(await added(), 0);
    });

    it("tells since when the longest dirty key is dirty", async () => {
      await using fixture = await BufferFixture.open(open);
      assert.deepEqual(await fixture.buffer.stats(), { dirtyKeys: 0, poisonKeys: 0, oldestDirtyAt: null });
      const before = await fixture.buffer.now();
      await fixture.save(1);
      const after = await fixture.buffer.now();
      await delay(20);
      await fixture.save(2);
      await fixture.save(3, { key: fixture.otherCourse() });
      const { oldestDirtyAt } = await fixture.buffer.stats();
      assert.ok(oldestDirtyAt !== null && before <= oldestDirtyAt && oldestDirtyAt <= after);
    });

    it("counts from the claim when a key was saved to before the acknowledgement", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await delay(20);
      const claim = await fixture.claim();
      await fixture.save(2);
      await fixture.buffer.acknowledge([claim]);
      const { oldestDirtyAt } = await fixture.buffer.stats();
      assert.ok(oldestDirtyAt !== null && oldestDirtyAt >= claim.claimedAt);
      assert.ok(oldestDirtyAt <= (await fixture.buffer.now()));
    });

    it("goes on counting while the store refuses a key", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const { oldestDirtyAt } = await fixture.buffer.stats();
      await delay(20);
      await fixture.buffer.postpone(await fixture.claim(), never, { reason: "no", poison: true });
      assert.equal((await fixture.buffer.stats()).oldestDirtyAt, oldestDirtyAt);
    });
  });

  describe("erasing", () => {
    it("forgets everything of the student, dirty, claimed and clean", async () => {
      await using fixture = await BufferFixture.open(open);
      const [dirty, clean] = [fixture.otherCourse("dirty"), fixture.otherCourse("clean")];
      await fixture.save(1, { key: clean });
      await fixture.flush();
      await fixture.save(2);
      await fixture.claim();
      await fixture.save(3, { key: dirty });
      await fixture.buffer.erase(fixture.key.userId, [clean.courseId]);
      for (const key of [fixture.key, dirty, clean]) assert.deepEqual(await fixture.seconds(key), {});
      assert.deepEqual(await fixture.buffer.startedCourses(fixture.key.userId), new Map());
      assert.deepEqual(await fixture.claims(), []);
    });

    it("forgets resets and the poison list too", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.buffer.startOver(fixture.key, stampAt((await fixture.buffer.now()) + 60_000));
      const poison = { reason: "no", poison: true };
      await fixture.buffer.postpone(await fixture.claim(), never, poison);
      await fixture.buffer.erase(fixture.key.userId, []);
      assert.equal((await fixture.buffer.read(fixture.key)).reset, null);
      assert.equal(await fixture.buffer.retryPoison(fixture.key), false);
      assert.equal((await fixture.save(1, { stamp: stampAt(1) })).persisted, null);
    });

    it("touches nobody else", async () => {
      await using fixture = await BufferFixture.open(open);
      const other = fixture.otherStudent();
      await fixture.save(1);
      await fixture.save(2, { key: other });
      await fixture.buffer.erase(fixture.key.userId, [fixture.key.courseId]);
      assert.deepEqual(await fixture.seconds(other), { intro: 2 });
      assert.equal(await fixture.isDirty(other), true);
    });

    it("does not mind that there is nothing", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.buffer.erase(fixture.key.userId, [fixture.key.courseId]);
      await fixture.save(1);
      assert.deepEqual(await fixture.seconds(), { intro: 1 });
    });
  });
}
