import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UserId } from "../../src/domain/ids.ts";
import { someUser } from "../support/ids.ts";
import { BufferFixture, type OpenBuffer } from "./buffer-fixture.ts";

const lectures = ["v", "0", "last", "reset", "since", "constructor", "toString", "hasOwnProperty", "A", "a", "1"];
const users = [
  "a:b",
  "a|b",
  "{a}",
  "a{b}c",
  "a/b",
  "a.b",
  "$a",
  "a*b?",
  "auth0|5f7c",
  "x@y.example",
  '"',
  "'",
  "\\",
  "%00",
];

export function idContract(open: OpenBuffer): void {
  describe("names", () => {
    it("takes every lecture id for what it is", async () => {
      await using fixture = await BufferFixture.open(open);
      for (const [seconds, at] of lectures.entries()) await fixture.save(seconds, { at });
      const expected = new Map(lectures.map((id, seconds) => [id, seconds]));
      const { positions } = await fixture.buffer.read(fixture.key);
      assert.deepEqual(new Map([...positions].map(([id, { seconds }]) => [id, seconds])), expected);
      const claim = await fixture.claim();
      assert.deepEqual(claim.positions, positions);
    });

    it("takes every student's id for what it is", async () => {
      await using fixture = await BufferFixture.open(open);
      const prefix = someUser();
      const keys = users.map((name) => fixture.otherStudent(`${prefix}${name}` as UserId));
      keys.push(
        fixture.otherStudent(prefix),
        fixture.otherStudent(`${prefix}${"x".repeat(255 - prefix.length)}` as UserId),
      );
      for (const [seconds, key] of keys.entries()) await fixture.save(seconds, { key });
      for (const [seconds, key] of keys.entries()) {
        assert.deepEqual(await fixture.seconds(key), { intro: seconds });
        assert.deepEqual([...(await fixture.buffer.startedCourses(key.userId)).keys()], [key.courseId]);
      }
      const claimed = (await fixture.claims()).map(({ key }) => key.userId);
      assert.deepEqual(claimed.toSorted(), keys.map(({ userId }) => userId).toSorted());
    });

    it("tells a student's course from another's whose name ends like it", async () => {
      await using fixture = await BufferFixture.open(open);
      const one = fixture.otherCourse("b");
      const other = { userId: `${one.userId}:b` as UserId, courseId: one.courseId };
      await fixture.save(1, { key: fixture.otherStudent(other.userId) });
      await fixture.save(2, { key: one });
      await fixture.save(3, { key: other });
      assert.deepEqual(await fixture.seconds(one), { intro: 2 });
      assert.deepEqual(await fixture.seconds(other), { intro: 3 });
      await fixture.buffer.erase(other.userId, [other.courseId]);
      assert.deepEqual(await fixture.seconds(one), { intro: 2 });
    });

    it("takes every course id for what it is", async () => {
      await using fixture = await BufferFixture.open(open);
      const ids = ["constructor", "toString", "0", "v", "507f1f77bcf86cd799439011", "A-b_C"];
      for (const [seconds, id] of ids.entries()) await fixture.save(seconds, { key: fixture.otherCourse(id) });
      const started = await fixture.buffer.startedCourses(fixture.key.userId);
      assert.deepEqual([...started.keys()].toSorted(), ids.toSorted());
      for (const [seconds, id] of ids.entries()) {
        assert.deepEqual(await fixture.seconds(fixture.otherCourse(id)), { intro: seconds });
      }
    });
  });
}
