import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { afterFailure, patienceMs } from "../../src/delivery/retry-policy.ts";

const hour = 3_600_000;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const retryAfterMs = fc.option(fc.nat({ max: 365 * 24 * hour }), { nil: null });

describe("a delivery that fails", () => {
  test("is due again within bounds that double from 5 s to 12 h, or when the receiver asks, and never after its end", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 60 }),
        random,
        retryAfterMs,
        fc.nat({ max: patienceMs * 2 }),
        (attempts, chance, asked, now) => {
          const reply = { status: "failed", reason: "no", retryAfterMs: asked } as const;
          const outcome = afterFailure({ attempts, expiresAt: patienceMs }, reply, { now, random: chance });
          if (now >= patienceMs) return assert.equal(outcome.status, "dead");
          assert.ok(outcome.status === "waiting");
          const longest = Math.min(12 * hour, 5_000 * 2 ** attempts);
          const bounded = Math.min(asked ?? 0, 12 * hour);
          assert.ok(outcome.dueAt <= Math.min(patienceMs, now + Math.max(longest, bounded)));
          assert.ok(outcome.dueAt >= Math.min(patienceMs, now + Math.max(bounded, 1_000)));
        },
      ),
    );
  });

  test("is tried often enough, and for the last time at its end, whatever chance does", () => {
    fc.assert(
      fc.property(fc.infiniteStream(random), (chances) => {
        let [now, attempts] = [0, 0];
        for (const chance of chances) {
          const reply = { status: "failed", reason: "no", retryAfterMs: null } as const;
          const outcome = afterFailure({ attempts, expiresAt: patienceMs }, reply, { now, random: chance });
          attempts++;
          if (outcome.status === "dead") break;
          assert.ok(outcome.status === "waiting" && outcome.dueAt > now);
          now = outcome.dueAt;
        }
        assert.equal(now, patienceMs);
        // Thirteen doublings to 12 h, then at most six more days of nothing but the longest pauses would fit in.
        assert.ok(attempts >= 17, `${attempts} attempts`);
      }),
      { numRuns: 20 },
    );
  });

  test("is spread over the whole pause, so that those that failed together do not come back together", () => {
    const reply = { status: "failed", reason: "no", retryAfterMs: null } as const;
    const pauses = Array.from({ length: 100 }, (_, index) => {
      const outcome = afterFailure({ attempts: 10, expiresAt: patienceMs }, reply, { now: 0, random: index / 100 });
      return outcome.status === "waiting" ? outcome.dueAt : Number.NaN;
    });
    assert.equal(new Set(pauses).size, 100);
    assert.deepEqual([pauses[0], pauses[50]], [1_000, (5_000 * 2 ** 10) / 2]);
  });
});
