import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { CircuitBreaker } from "../../src/flush/circuit-breaker.ts";
import { flushPolicy, pollMs, retryMs } from "../../src/flush/flush-policy.ts";
import { TestClock } from "../support/test-clock.ts";

const intervals = fc.integer({ min: 10, max: 86_400_000 });

describe("the flush policy", () => {
  test("looks for due keys often enough for the interval, and never busily", () => {
    fc.assert(
      fc.property(intervals, (intervalMs) => {
        const poll = pollMs(flushPolicy(intervalMs));
        assert.ok(poll >= 20 && poll <= 1_000);
        assert.ok(poll <= Math.max(20, intervalMs / 10));
      }),
    );
  });

  test("lets a lease last longer than the store's timeout, and probes with fewer keys than it flushes", () => {
    fc.assert(
      fc.property(intervals, (intervalMs) => {
        const { leaseMs, probeSize, batchSize, poisonAfter } = flushPolicy(intervalMs);
        assert.ok(leaseMs >= 3 * 5_000);
        assert.ok(probeSize > 0 && probeSize < batchSize);
        assert.equal(poisonAfter, 5);
      }),
    );
  });

  test("doubles the wait of a refused key with every refusal, up to an hour", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), (attempts) => {
        const wait = retryMs(attempts);
        assert.ok(wait >= 10_000 && wait <= 3_600_000);
        assert.equal(retryMs(attempts + 1), Math.min(2 * wait, 3_600_000));
      }),
    );
  });
});

describe("the circuit breaker", () => {
  const event = fc.oneof(
    fc.constant("failed" as const),
    fc.constant("succeeded" as const),
    fc.integer({ min: 0, max: 40_000 }).map((ms) => ({ ms })),
  );

  test("is closed until a failure, open for the pause it told, then half open until it is known", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40, size: "max" }), fc.nat(), (events, seed) => {
        const clock = new TestClock({ seed });
        const breaker = new CircuitBreaker(clock);
        let failures = 0;
        let retryAt = -Infinity;
        for (const next of events) {
          if (next === "failed") {
            const pause = breaker.failed();
            assert.ok(pause >= 0 && pause <= Math.min(30_000, 1_000 * 2 ** failures), `waits ${pause} ms`);
            failures++;
            retryAt = clock.now() + pause;
          } else if (next === "succeeded") {
            assert.equal(breaker.succeeded(), failures > 0);
            failures = 0;
          } else clock.advance(next.ms);
          const expected = failures === 0 ? "closed" : clock.now() < retryAt ? "open" : "half-open";
          assert.equal(breaker.state, expected);
        }
      }),
    );
  });

  test("spreads the pauses of a fleet over the whole time that it may wait", () => {
    const clock = new TestClock();
    const pauses = Array.from({ length: 200 }, () => {
      const breaker = new CircuitBreaker(clock);
      for (let failure = 0; failure < 9; failure++) breaker.failed();
      return breaker.failed();
    });
    for (const part of [0, 1, 2, 3, 4]) {
      const inPart = pauses.filter((pause) => pause > part * 6_000 && pause <= (part + 1) * 6_000);
      assert.ok(inPart.length >= 20, `${inPart.length} of 200 wait ${part * 6} to ${part * 6 + 6} s`);
    }
  });
});
