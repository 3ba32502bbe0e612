import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { drainKeys } from "../measure/drained-keys.ts";
import { storesAreMissing } from "../support/production.ts";
import { someUser } from "../support/ids.ts";

/** Enough for memory that grows with them to show; `npm run measure:drain` takes a million. */
const drained = 5_000;
const mebibyte = 1024 ** 2;

suite("Very many dirty keys", { skip: storesAreMissing() }, () => {
  test("are drained by a process whose memory does not grow with them", async () => {
    const { written, left, stored, heaps } = await drainKeys({ keys: drained, run: someUser(), tell: () => undefined });
    assert.deepEqual({ left, stored }, { left: 0, stored: drained });
    assert.ok(written >= drained);
    // After the first tenth everything is loaded and warm; a few hundred bytes kept for each key would be more than this.
    const [warm, end] = [heaps[1]!.bytes, heaps.at(-1)!.bytes];
    assert.ok(end - warm < mebibyte, `the heap grew from ${warm} to ${end}`);
  });
});
