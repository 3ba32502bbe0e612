import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newWorld, playing, sit } from "./support/sitting.ts";

describe("when the page goes away", () => {
  it("a hidden page sends an ordinary request that outlives it, and retries it when it fails", async () => {
    const { clock, service, browser, video } = await playing();
    await clock.advance(1_100);
    service.requests.length = 0;
    let isFirst = true;
    service.fate = () => {
      const fate = isFirst ? ("drop" as const) : undefined;
      isFirst = false;
      return fate;
    };
    browser.hide();
    assert.equal(service.saves.length, 1, "before the event handler returns");
    assert.equal(service.saves[0]!.init.keepalive, true);
    assert.equal(service.saves[0]!.body.watchTime, video.currentTime);
    await clock.advance(1_000);
    assert.equal(service.saves.length, 2);
  });

  for (const way of ["leave", "freeze"] as const) {
    it(`on ${way} it sends again what is unacknowledged, at once, and has it in localStorage`, async () => {
      const { clock, service, browser, video } = await playing();
      await clock.advance(1_100);
      service.fate = () => "hang";
      browser.hide();
      service.requests.length = 0;
      browser[way]();
      assert.equal(service.saves.length, 1);
      assert.equal(service.saves[0]!.init.keepalive, true);
      const [kept] = Object.values(browser.localStorage) as string[];
      assert.equal((JSON.parse(kept!) as { body: { watchTime: number } }).body.watchTime, video.currentTime);
    });

    it(`on ${way} it sends nothing when everything is acknowledged`, async () => {
      const { clock, service, browser, video } = await playing();
      video.pause();
      await clock.advance(100);
      service.requests.length = 0;
      browser[way]();
      await clock.advance(1_000);
      assert.deepEqual(service.requests, []);
    });
  }

  it("a page that is killed between two heartbeats loses less than a second", async () => {
    const { clock, service, browser, video } = await playing();
    await clock.advance(3_600);
    const seen = video.currentTime;
    const left = newWorld();
    Object.assign(left.profile.storage, browser.localStorage);
    assert.ok(service.positions.get("intro")!.seconds < seen - 1, "the service does not know it");

    const again = sit({ clock, service, profile: left.profile });
    await clock.advance(200);
    assert.ok(Math.abs(again.video.currentTime - seen) < 0.5);
    assert.ok(Math.abs(service.saves.at(-1)!.body.watchTime - seen) < 0.5);
  });

  it("uses a beacon only where fetch cannot outlive the page: as text, with the token in the body", async () => {
    const { clock, browser } = await playing();
    await clock.advance(1_100);
    browser.leave();
    assert.equal(browser.beacons.length, 0);

    const old = await playing(60, { before: (parts) => (parts.browser.Request = { prototype: {} }) });
    await old.clock.advance(1_100);
    old.browser.leave();
    assert.equal(old.browser.beacons.length, 1);
    const { url, body } = old.browser.beacons[0]!;
    assert.equal(url, "/api/v1/progress/save");
    const sent = JSON.parse(body) as Record<string, unknown>;
    assert.equal(sent["watchTime"], old.video.currentTime);
    assert.match(String(sent["token"]), /^e30\./);
    assert.match(String(sent["sessionId"]), /^[0-9a-f]{16}$/);
  });

  it("never listens to unload or beforeunload", async () => {
    const heard: string[] = [];
    await playing(60, {
      before: ({ browser }) => {
        const listen = browser.addEventListener.bind(browser);
        browser.addEventListener = (...args: Parameters<typeof listen>) => {
          heard.push(args[0]);
          listen(...args);
        };
      },
    });
    assert.deepEqual(heard.toSorted(), ["online", "pagehide"]);
  });
});
