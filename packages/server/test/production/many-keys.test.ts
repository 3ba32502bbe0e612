import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RedisFixture } from "../support/redis-fixture.ts";
import { RedisServer } from "../support/redis-server.ts";
import type { CourseId, LectureId, ProgressKey, UserId } from "../../src/domain/ids.ts";
import { drainKeys } from "../measure/drained-keys.ts";
import { storesAreMissing } from "../support/production.ts";
import { someUser } from "../support/ids.ts";
import { until } from "../support/process-waiting.ts";
import { patiently } from "../support/production.ts";

/** Enough for memory that grows with them to show; `npm run measure:drain` takes a million. */
const drained = 2_000;
const mebibyte = 1024 ** 2;

const cap = "24mb";
const most = 100_000;
const batch = 200;

suite("Very many dirty keys", { skip: storesAreMissing() }, () => {
  test("are drained by a process whose memory does not grow with them", async () => {
    const { written, left, stored, heaps } = await drainKeys({ keys: drained, run: someUser(), tell: () => undefined });
    assert.deepEqual({ left, stored }, { left: 0, stored: drained });
    assert.ok(written >= drained);
    // After the first tenth everything is loaded and warm; a key of a few hundred bytes kept for each would be megabytes.
    const [warm, end] = [heaps[1]!.bytes, heaps.at(-1)!.bytes];
    assert.ok(end - warm < 4 * mebibyte, `the heap grew from ${warm} to ${end}`);
  });

  test("fill a Redis with a cap: players slow down, then new keys are refused, known ones go on, nothing is lost", async () => {
    await using server = await RedisServer.start({ settings: { appendonly: "no", maxmemory: cap } });
    await using redis = await RedisFixture.connect(server, { memoryEveryMs: 20 });
    const { buffer } = redis;
    const run = someUser();
    const taken: ProgressKey[] = [];
    let [crowdedAt, refused] = [Infinity, 0];
    for (let number = 0; number < most && refused === 0; number += batch) {
      const saves = Array.from({ length: batch }, (_, index) => saveOf(`${run}-${number + index}`, 1));
      const outcomes = await buffer.save(saves).catch(() => []);
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === "full") refused++;
        if (outcome.status !== "stored") continue;
        taken.push(saves[index]!.key);
        if (outcome.isCrowded) crowdedAt = Math.min(crowdedAt, taken.length);
      }
    }
    assert.ok(refused > 0, `${taken.length} keys were taken, and never one refused`);
    assert.ok(crowdedAt < taken.length, "nobody was asked to save less often first");

    const [known] = taken;
    await until(
      "a known key is taken",
      async () => (await statusOf(buffer.save([{ ...saveOf("", 2), key: known! }]))) === "stored",
      patiently,
    );
    assert.equal(await statusOf(buffer.save([saveOf(`${run}-new`, 1)])), "full");
    const { dirtyKeys } = await buffer.stats();
    assert.ok(dirtyKeys >= taken.length);
    for (const [index, key] of taken.entries()) {
      if (index % 97 !== 0) continue;
      const [position] = (await buffer.read(key)).positions.values();
      assert.equal(position?.seconds, key === known ? 2 : 1);
    }
  });
});

function saveOf(userId: string, seconds: number) {
  return {
    key: { userId: userId as UserId, courseId: "course" as CourseId },
    lectureId: "lecture" as LectureId,
    seconds,
  };
}

async function statusOf(saving: ReturnType<RedisFixture["buffer"]["save"]>): Promise<string | undefined> {
  return (await saving)[0]?.status;
}
