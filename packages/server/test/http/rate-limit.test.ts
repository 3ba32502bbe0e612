import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UserId } from "../../src/domain/ids.ts";
import { RateLimiter } from "../../src/http/rate-limit.ts";
import { sign, TestService } from "./support.ts";

const ann = "ann" as UserId;
const bob = "bob" as UserId;

function taken(limiter: RateLimiter, userId: UserId, tries: number): number {
  return Array.from({ length: tries }, () => limiter.take(userId)).filter(Boolean).length;
}

describe("the rate limit", () => {
  it("gives each student so many requests in the second that their first one begins, and not one more", () => {
    let now = 300;
    const limiter = new RateLimiter(10, () => now);
    assert.equal(taken(limiter, ann, 4), 4);
    now = 900;
    assert.equal(taken(limiter, bob, 50), 10);
    assert.equal(taken(limiter, ann, 50), 6);
    now = 1_299;
    assert.equal(taken(limiter, ann, 50), 0);
    now = 1_300;
    assert.equal(taken(limiter, ann, 50), 10);
    assert.equal(taken(limiter, bob, 50), 0);
    now = 60_000;
    assert.equal(taken(limiter, ann, 50), 10);
  });

  it("answers 429 with Retry-After to the one student, also to beacons", async () => {
    await using service = await TestService.start({ rateLimitPerSecond: 2 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.student("GET", "/me")));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0);
    assert.equal(refused[0]?.body.code, "rate_limited");
    assert.equal(refused[0]?.headers.get("retry-after"), "1");
    assert.match(refused[0]?.headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.equal((await service.instructor("GET", "/me")).status, 200);
    const token = await sign({ sub: "closing" });
    const beacons = await Promise.all(
      Array.from({ length: 20 }, () =>
        service.at("POST", "/api/v1/progress/save", { body: { token }, type: "text/plain" }),
      ),
    );
    assert.ok(beacons.some(({ status }) => status === 429));
  });
});
