import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Fate } from "./support/fake-service.ts";
import { newWorld, paused, seek, sit, type Sitting } from "./support/sitting.ts";

const hour = 3_600_000;

/** What the next requests meet, one after the other. */
function meet({ service }: Sitting, ...fates: Fate[]): void {
  service.fate = () => fates.shift();
}

describe("how it sends", () => {
  it("has one request in flight, and sends what came meanwhile as one", async () => {
    const sitting = await paused();
    const { clock, service, tracker } = sitting;
    service.latencyMs = 4_000;
    for (const position of [100, 200, 300, 400]) await seek(sitting, position);
    await clock.advance(3_000);
    assert.deepEqual(service.savedSeconds, [100, 400]);
    assert.equal(tracker.status, "saving");
    await clock.advance(4_000);
    assert.equal(tracker.status, "saved");
    assert.deepEqual(service.savedSeconds, [100, 400]);
  });

  it("gives up on a request after 10 s and sends it again", async () => {
    const sitting = await paused();
    meet(sitting, "hang");
    await seek(sitting, 100);
    await sitting.clock.advance(9_900);
    assert.equal(sitting.service.saves.length, 1);
    assert.equal(sitting.service.saves[0]!.init.signal?.aborted, false);
    await sitting.clock.advance(700);
    assert.equal(sitting.service.saves[0]!.init.signal?.aborted, true);
    assert.deepEqual(sitting.service.savedSeconds, [100, 100]);
  });

  it("gives up after 10 s on a getToken that never answers", async () => {
    const { clock, tracker } = sit(newWorld(), { options: { getToken: () => new Promise<string>(() => {}) } });
    await clock.advance(10_100);
    assert.equal(tracker.status, "offline");
  });

  it("retries after a random part of 1 s, 2 s, 4 s ... up to 60 s", async () => {
    const sitting = await paused({ before: ({ browser }) => (browser.chance = 0.999) });
    sitting.service.fate = () => ({ status: 503 });
    await seek(sitting, 100);
    await sitting.clock.advance(400_000);
    const times = sitting.service.saves.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((at, index) => Math.round((at - times[index]!) / 1_000));
    assert.deepEqual(gaps.slice(0, 9), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("spreads retries over the whole time: full jitter", async () => {
    const sitting = await paused({ before: ({ browser }) => (browser.chance = 0) });
    meet(sitting, { status: 503 }, { status: 503 });
    await seek(sitting, 100);
    assert.equal(sitting.service.saves.length, 3);
    assert.equal(sitting.tracker.status, "saved");
  });

  it("begins again at 1 s after a success", async () => {
    const sitting = await paused();
    const failed = { status: 500 };
    meet(sitting, failed, failed, failed, failed, undefined, failed);
    await seek(sitting, 100);
    await sitting.clock.advance(20_000);
    await seek(sitting, 200);
    sitting.service.requests.length = 0;
    await sitting.clock.advance(500);
    assert.equal(sitting.service.saves.length, 1);
  });

  it("obeys Retry-After in seconds, even when the page is hidden or left", async () => {
    const sitting = await paused();
    meet(sitting, { status: 429, headers: { "retry-after": "30" } });
    await seek(sitting, 100);
    sitting.browser.hide();
    sitting.browser.leave();
    sitting.browser.dispatchEvent(new Event("online"));
    await sitting.clock.advance(29_900);
    assert.equal(sitting.service.saves.length, 1);
    await sitting.clock.advance(200);
    assert.equal(sitting.service.saves.length, 2);
  });

  it("obeys Retry-After as a date, counted by the service's clock", async () => {
    const sitting = await paused();
    const headers = { date: "Wed, 21 Oct 2015 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2015 07:28:20 GMT" };
    meet(sitting, { status: 503, headers });
    await seek(sitting, 100);
    await sitting.clock.advance(19_900);
    assert.equal(sitting.service.saves.length, 1);
    await sitting.clock.advance(200);
    assert.equal(sitting.service.saves.length, 2);
  });

  for (const retryAfter of ["-5", "soon", "Wed, 21 Oct 1970 07:28:00 GMT", "1e99"]) {
    it(`is not thrown off by Retry-After: ${retryAfter}`, async () => {
      const sitting = await paused();
      meet(sitting, { status: 503, headers: { "retry-after": retryAfter } });
      await seek(sitting, 100);
      await sitting.clock.advance(hour);
      assert.equal(sitting.service.saves.length, 2);
    });
  }

  for (const fate of ["drop" as const, ...[408, 425, 429, 500, 502, 503, 504].map((status) => ({ status }))]) {
    it(`sends again after ${fate === "drop" ? "a network error" : fate.status}`, async () => {
      const sitting = await paused();
      meet(sitting, fate);
      await seek(sitting, 100);
      assert.equal(sitting.tracker.status, "offline");
      await sitting.clock.advance(1_000);
      assert.deepEqual(sitting.service.savedSeconds, [100, 100]);
      assert.equal(sitting.tracker.status, "saved");
      assert.deepEqual(sitting.service.saves[0]!.body, sitting.service.saves[1]!.body, "with the same stamp");
    });
  }

  it("takes a network's sign-in page for no answer", async () => {
    const sitting = await paused();
    meet(sitting, { status: 200, body: "not json" });
    await seek(sitting, 100);
    await sitting.clock.advance(1_000);
    assert.equal(sitting.service.saves.length, 2);
    assert.equal(sitting.tracker.status, "saved");
  });

  for (const status of [401, 403]) {
    it(`asks getToken() once after ${status} and sends again`, async () => {
      let tokens = 0;
      const sitting = await paused({ options: { getToken: async () => `token${++tokens}` } });
      assert.equal(tokens, 1);
      meet(sitting, { status });
      await seek(sitting, 100);
      assert.equal(tokens, 2);
      const authorizations = sitting.service.saves.map(({ init }) => new Headers(init.headers).get("authorization"));
      assert.deepEqual(authorizations, ["Bearer token1", "Bearer token2"]);
      assert.equal(sitting.tracker.status, "saved");
    });

    it(`is blocked while the new token gets ${status} too, keeps the position, and recovers`, async () => {
      const sitting = await paused();
      sitting.service.fate = () => ({ status });
      await seek(sitting, 100);
      assert.equal(sitting.service.saves.length, 2);
      assert.equal(sitting.tracker.status, "blocked");
      assert.equal(Object.keys(sitting.browser.localStorage).length, 1);
      sitting.service.fate = () => undefined;
      await sitting.clock.advance(60_000);
      assert.equal(sitting.tracker.status, "saved");
      assert.equal(sitting.service.positions.get("intro")?.seconds, 100);
    });
  }

  for (const status of [400, 404, 409, 413, 415]) {
    it(`drops what is refused with ${status}, and reports it`, async () => {
      const sitting = await paused();
      meet(sitting, { status, body: { code: "some_code", detail: "Do this." } });
      await seek(sitting, 100);
      await sitting.clock.advance(100_000);
      assert.equal(sitting.service.saves.length, 1);
      assert.deepEqual(sitting.seen("problem"), [{ status, code: "some_code", detail: "Do this." }]);
      assert.equal(sitting.tracker.status, "blocked");
      assert.deepEqual(Object.keys(sitting.browser.localStorage), []);
      await seek(sitting, 200);
      assert.equal(sitting.tracker.status, "saved");
    });
  }

  it("asks once a minute after three requests without any answer: a content blocker", async () => {
    const sitting = await paused();
    sitting.service.fate = () => "drop";
    await seek(sitting, 100);
    await sitting.clock.advance(3_000);
    assert.equal(sitting.service.saves.length, 3);
    assert.equal(sitting.tracker.status, "blocked");
    sitting.service.requests.length = 0;
    await sitting.clock.advance(180_000);
    assert.equal(sitting.service.saves.length, 3);
    sitting.service.fate = () => undefined;
    await sitting.clock.advance(60_000);
    assert.equal(sitting.tracker.status, "saved");
  });

  it("is offline, not blocked, while the browser says that there is no network; and sends at once when it is back", async () => {
    const sitting = await paused();
    sitting.service.fate = () => "drop";
    sitting.browser.navigator.onLine = false;
    await seek(sitting, 100);
    await sitting.clock.advance(10_000);
    assert.equal(sitting.tracker.status, "offline");
    sitting.service.fate = () => undefined;
    sitting.browser.dispatchEvent(new Event("online"));
    await sitting.clock.advance(0);
    assert.equal(sitting.tracker.status, "saved");
  });

  it("completes once, keeps a completion while offline, and rejects with the problem when refused", async () => {
    const sitting = await paused();
    const { clock, service, tracker, browser } = sitting;
    meet(sitting, "drop", { status: 404, body: { code: "unknown_lecture", detail: "No such lecture." } });
    const refused = tracker.complete();
    assert.equal(tracker.complete(), refused);
    await clock.advance(0);
    assert.equal(Object.keys(browser.localStorage).length, 1);
    await Promise.all([assert.rejects(refused, { message: "No such lecture." }), clock.advance(2_000)]);
    const done = tracker.complete();
    await clock.advance(0);
    await done;
    assert.deepEqual([...service.completed], ["intro"]);
    assert.deepEqual(Object.keys(browser.localStorage), []);
  });

  it("sends no cookies and no cached answers", async () => {
    const sitting = await paused();
    await seek(sitting, 100);
    const { credentials, cache } = sitting.service.saves[0]!.init;
    assert.deepEqual({ credentials, cache }, { credentials: "omit", cache: "no-store" });
  });
});
