import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import {
  arrivalStamp,
  greatestStamp,
  isStamp,
  makeStamp,
  nextStamp,
  resetStamp,
  serverTimeAfter,
  sessionStamp,
  type Stamp,
  stampTime,
} from "../../src/domain/stamp.ts";

const maxN = 99_999_999;
// Until the year 2255: thirteen digits end in 2286.
const time = fc.integer({ min: 0, max: 9_000_000_000_000 });
const n = fc.oneof(fc.integer({ min: 0, max: maxN }), fc.constantFrom(0, maxN - 1, maxN));
const hex = fc.stringMatching(/^[0-9a-f]{16}$/);
const parts = fc.tuple(time, n, hex);
const stamp = parts.map(([t, count, session]) => makeStamp(t, count, session));
/** Close together, so that ties happen. */
const near = fc
  .tuple(
    fc.integer({ min: 1_000, max: 1_003 }),
    fc.integer({ min: 0, max: 2 }),
    fc.constantFrom("0".repeat(16), "f".repeat(16)),
  )
  .map(([t, count, session]) => makeStamp(t, count, session));
const some = fc.oneof(stamp, near);
const someOrNone = fc.option(some);

describe("stamps", () => {
  test("are in the order of time, then number, then session", () => {
    fc.assert(
      fc.property(parts, parts, ([t1, n1, s1], [t2, n2, s2]) => {
        const byParts = Math.sign(t1 - t2) || Math.sign(n1 - n2) || (s1 === s2 ? 0 : s1 < s2 ? -1 : 1);
        const [one, other] = [makeStamp(t1, n1, s1), makeStamp(t2, n2, s2)];
        assert.equal(one === other ? 0 : one < other ? -1 : 1, byParts);
        assert.ok(isStamp(one));
        assert.equal(stampTime(one), t1);
      }),
    );
  });

  test("have a greatest one, whatever the order and however often each is there", () => {
    fc.assert(
      fc.property(fc.array(someOrNone), (stamps) => {
        const expected =
          stamps
            .filter((each) => each !== null)
            .toSorted()
            .at(-1) ?? null;
        assert.equal(greatestStamp(...stamps), expected);
        assert.equal(greatestStamp(...stamps.toReversed(), ...stamps), expected);
      }),
    );
  });

  test("by arrival come strictly after the clock's past and everything stored, also with a clock set back", () => {
    fc.assert(
      fc.property(time, fc.array(someOrNone), (now, before) => {
        const arrived = arrivalStamp(now, ...before);
        assert.ok(isStamp(arrived));
        for (const each of before) assert.ok(each === null || arrived > each);
        assert.ok(stampTime(arrived) >= now);
      }),
    );
  });

  test("by arrival follow each other within one millisecond", () => {
    fc.assert(
      fc.property(time, someOrNone, (now, stored) => {
        const arrived: Stamp[] = [];
        for (let count = 0; count < 5; count++) arrived.push(arrivalStamp(now, stored, ...arrived));
        assert.deepEqual(arrived.toSorted(), arrived);
        assert.equal(new Set(arrived).size, 5);
      }),
    );
  });

  test("have a next one that is greater, with no room between them for another sessionless stamp", () => {
    fc.assert(
      fc.property(some, (given) => {
        const next = nextStamp(given);
        assert.ok(isStamp(next));
        assert.ok(next > given);
        const number = Number(given.slice(13, 21));
        const expected = number === maxN ? [stampTime(given) + 1, 0] : [stampTime(given), number + 1];
        assert.deepEqual([stampTime(next), Number(next.slice(13, 21))], expected);
      }),
    );
  });

  test("of a session follow its monotonic clock, then its sequence", () => {
    const elapsed = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(time, elapsed, elapsed, n, hex, (sessionStartedAt, one, other, seq, sessionId) => {
        fc.pre(seq < maxN);
        const [earlier, later] = [Math.min(one, other), Math.max(one, other)];
        const first = sessionStamp({ sessionId, sessionStartedAt, elapsedMs: earlier, seq });
        assert.ok(isStamp(first));
        assert.ok(first < sessionStamp({ sessionId, sessionStartedAt, elapsedMs: later, seq: seq + 1 }));
        assert.equal(first, sessionStamp({ sessionId, sessionStartedAt, elapsedMs: earlier, seq }), "a resend differs");
      }),
    );
  });

  test("of a start over leave nothing after them, and sessions that start from its server time come after it", () => {
    fc.assert(
      fc.property(time, someOrNone, hex, (now, newest, sessionId) => {
        const reset = resetStamp(now, newest);
        assert.ok(newest === null || reset >= newest);
        assert.ok(stampTime(reset) > now);
        const sessionStartedAt = serverTimeAfter(now, reset);
        assert.ok(sessionStamp({ sessionId, sessionStartedAt, elapsedMs: 0, seq: 0 }) > reset);
        assert.ok(sessionStartedAt >= now);
      }),
    );
  });
});
