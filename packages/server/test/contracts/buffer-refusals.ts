import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BufferFixture, never, type OpenBuffer } from "./buffer-fixture.ts";

const refusal = { reason: "document too large", poison: false };
const poison = { reason: "document too large", poison: true };

export function refusalContract(open: OpenBuffer): void {
  describe("postponing", () => {
    it("keeps a refused key dirty and readable, and counts the attempts", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      for (const attempts of [0, 1, 2]) {
        const claim = await fixture.claim();
        assert.equal(claim.attempts, attempts);
        await fixture.buffer.postpone(claim, never, refusal);
        assert.equal(await fixture.isDirty(), true);
        assert.deepEqual(await fixture.seconds(), { intro: 1 });
      }
    });

    it("makes the key due after the time given", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.save(1, { key: fixture.otherCourse() });
      const [soon, late] = await fixture.claims();
      assert.ok(soon !== undefined && late !== undefined);
      const before = await fixture.buffer.now();
      await fixture.buffer.postpone(soon, 40, refusal);
      await fixture.buffer.postpone(late, never, refusal);
      const again = await fixture.claimSoon();
      assert.deepEqual(again.key, soon.key);
      assert.ok(again.claimedAt >= before + 40);
    });

    it("lists nothing for the operator yet", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.buffer.postpone(await fixture.claim(), never, refusal);
      assert.deepEqual(await fixture.buffer.poisonKeys(9), []);
      assert.equal(await fixture.buffer.retryPoison(fixture.key), false);
    });

    it("is over when the store takes the key after all", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.buffer.postpone(await fixture.claim(), 0, poison);
      await fixture.flush();
      assert.deepEqual(await fixture.buffer.poisonKeys(9), []);
      await fixture.save(2);
      assert.equal((await fixture.claim()).attempts, 0);
    });

    it("is over also when the key was saved to meanwhile", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.buffer.postpone(await fixture.claim(), 0, poison);
      const claim = await fixture.claim();
      await fixture.save(2);
      assert.deepEqual(await fixture.buffer.acknowledge([claim]), ["changed"]);
      assert.deepEqual(await fixture.buffer.poisonKeys(9), []);
      assert.equal((await fixture.claim()).attempts, 0);
    });

    it("leaves a key alone that another flusher has acknowledged, or that was erased", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const late = await fixture.claim({ leaseMs: 1 });
      await fixture.buffer.acknowledge([await fixture.claimSoon()]);
      await fixture.buffer.postpone(late, 0, poison);
      assert.equal(await fixture.isDirty(), false);
      assert.deepEqual(await fixture.buffer.poisonKeys(9), []);
      await fixture.buffer.erase(fixture.key.userId, [fixture.key.courseId]);
      await fixture.buffer.postpone(late, 0, poison);
      assert.deepEqual(await fixture.claims(), []);
      assert.deepEqual(await fixture.buffer.poisonKeys(9), []);
    });
  });

  describe("the poison list", () => {
    it("names the key, the attempts and the reason", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      const before = await fixture.buffer.stats();
      await fixture.buffer.postpone(await fixture.claim(), 0, refusal);
      await fixture.buffer.postpone(await fixture.claim(), never, poison);
      const expected = [{ key: fixture.key, attempts: 2, reason: "document too large" }];
      assert.deepEqual(await fixture.buffer.poisonKeys(9), expected);
      const after = await fixture.buffer.stats();
      assert.equal(after.poisonKeys - before.poisonKeys, 1);
      assert.equal(after.dirtyKeys, before.dirtyKeys);
    });

    it("takes no position away: the key is still dirty, readable and saved to", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.buffer.postpone(await fixture.claim(), never, poison);
      assert.equal((await fixture.save(2)).status, "stored");
      assert.deepEqual(await fixture.seconds(), { intro: 2 });
      assert.equal(await fixture.isDirty(), true);
    });

    it("keeps a key that is refused once more", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.buffer.postpone(await fixture.claim(), 0, poison);
      await fixture.buffer.postpone(await fixture.claim(), never, refusal);
      assert.deepEqual(await fixture.buffer.poisonKeys(9), [{ key: fixture.key, attempts: 2, reason: poison.reason }]);
    });

    it("is as long as asked for", async () => {
      await using fixture = await BufferFixture.open(open);
      for (const id of ["a", "b", "c"]) await fixture.save(1, { key: fixture.otherCourse(id) });
      for (const claim of await fixture.claims()) await fixture.buffer.postpone(claim, never, poison);
      assert.equal((await fixture.buffer.poisonKeys(9)).length, 3);
      assert.equal((await fixture.buffer.poisonKeys(2)).length, 2);
    });

    it("lets go of a key that is to be tried again, which is due at once", async () => {
      await using fixture = await BufferFixture.open(open);
      await fixture.save(1);
      await fixture.buffer.postpone(await fixture.claim(), never, poison);
      assert.deepEqual(await fixture.claims({ all: false }), []);
      assert.equal(await fixture.buffer.retryPoison(fixture.key), true);
      assert.deepEqual(await fixture.buffer.poisonKeys(9), []);
      assert.equal((await fixture.claims({ all: false })).length, 1);
      assert.equal(await fixture.buffer.retryPoison(fixture.key), false);
    });

    it("knows no key that was never there", async () => {
      await using fixture = await BufferFixture.open(open);
      assert.equal(await fixture.buffer.retryPoison(fixture.key), false);
      assert.deepEqual(await fixture.claims(), []);
      await fixture.save(1);
      assert.equal(await fixture.buffer.retryPoison(fixture.key), false);
      assert.deepEqual(await fixture.claims({ all: false }), []);
    });
  });
}
