import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { BSON, Double, Int32, Long } from "mongodb";
import { decodedPositions, plainPositions, positionsIn } from "../../src/adapters/mongodb/watch-times.ts";
import { makeStamp } from "../../src/domain/stamp.ts";

const stamps = fc
  .tuple(fc.nat(), fc.nat({ max: 99_999_999 }), fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }))
  .map(([t, n, session]) => makeStamp(t, n, session.toString(16).padStart(16, "0")));
const someSeconds = fc.oneof(fc.double(), fc.integer());
const ids = fc.oneof(
  fc.constantFrom("0", "v", "constructor", "toString"),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
);
const watchTimes = fc.dictionary(ids, fc.record({ stamp: stamps, seconds: someSeconds }, { noNullPrototype: true }));

/** Alike but for one thing that no flush writes. */
const odd: readonly fc.Arbitrary<unknown>[] = [
  stamps.map((stamp) => ({ seconds: 1, stamp })),
  stamps.map((stamp) => ({ stamp })),
  stamps.map((stamp) => ({ stamp, seconds: "1" })),
  stamps.map((stamp) => ({ stamp, minutes: 1 })),
  stamps.map((stamp) => ({ stomp: stamp, seconds: 1 })),
  stamps.map((stamp) => ({ stamp, seconds: Long.fromNumber(2 ** 40) })),
  stamps.map((stamp) => ({ stamp, seconds: new Int32(7), more: true })),
  stamps.map((stamp) => ({ stamp, seconds: new Double(7), more: null })),
  fc.string().map((stamp) => ({ stamp, seconds: 1 })),
];

describe("positions in the bytes of a document", () => {
  test("are what the driver reads there, in one pass when flushes have written them", () => {
    fc.assert(
      fc.property(watchTimes, (positions) => {
        const bytes = BSON.serialize(positions);
        assert.deepEqual(plainPositions(bytes), decodedPositions(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are what the driver reads there, also when something else has written them", () => {
    const names = fc.oneof(
      ids,
      fc.string({ unit: "grapheme" }).filter((name) => !name.includes("\0")),
    );
    const fields = fc.dictionary(names, fc.oneof(...odd, fc.record({ stamp: stamps, seconds: someSeconds })));
    fc.assert(
      fc.property(fields, (positions) => {
        const bytes = BSON.serialize(positions);
        assert.deepEqual(positionsIn(bytes), decodedPositions(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are found wherever the bytes begin", () => {
    fc.assert(
      fc.property(watchTimes, fc.nat({ max: 64 }), (positions, offset) => {
        const bytes = BSON.serialize(positions);
        const larger = new Uint8Array(offset + bytes.length + 5).fill(1);
        larger.set(bytes, offset);
        assert.deepEqual(plainPositions(larger.subarray(offset, offset + bytes.length)), decodedPositions(bytes));
      }),
    );
  });
});
