import assert from "node:assert/strict";
import { test } from "node:test";
import { OneAtATime } from "../../src/application/one-at-a-time.ts";
import { ProgressError } from "../../src/domain/errors.ts";
import { someUser } from "../support/ids.ts";
import { TestClock } from "../support/test-clock.ts";

const isBusy = (error: unknown): boolean => error instanceof ProgressError && error.code === "busy";

test("whoever has waited too long behind a student's earlier request is refused, and those who come later are not", async () => {
  const clock = new TestClock();
  const queue = new OneAtATime(clock);
  const [userId, begun, answered] = [someUser(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const done: string[] = [];
  const slow = queue.run(userId, async () => {
    begun.resolve();
    await answered.promise;
  });
  await begun.promise;
  const waiting = ["one", "other"].map((name) => queue.run(userId, async () => void done.push(name)));
  const refused = waiting.map((each) => assert.rejects(each, isBusy));
  clock.advance(15_001);
  const later = queue.run(userId, async () => void done.push("later"));
  await queue.run(someUser(), async () => void done.push("somebody else"));
  answered.resolve();
  await Promise.all([slow, later, ...refused]);
  assert.deepEqual(done, ["somebody else", "later"]);
});
