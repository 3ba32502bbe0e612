import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SeenRequest } from "./support/fake-service.ts";
import { newWorld, paused, seek, type Setup, sit } from "./support/sitting.ts";

const hour = 3_600_000;

describe("sessions", () => {
  it("sends the session with every save: same id and start, time that passes, numbers that rise", async () => {
    const sitting = await paused();
    await seek(sitting, 100);
    await seek(sitting, 200);
    const [first, second] = sitting.service.saves.map(({ body }) => body);
    assert.match(first!.sessionId, /^[0-9a-f]{16}$/);
    assert.equal(second!.sessionId, first!.sessionId);
    assert.equal(second!.sessionStartedAt, first!.sessionStartedAt);
    assert.ok(second!.seq > first!.seq);
    assert.equal(second!.elapsedMs - first!.elapsedMs, 420);
    assert.ok(Number.isInteger(second!.elapsedMs));
  });

  for (const [device, userAgent, digit] of [
    ["a computer", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", "1"],
    [
      "an Android tablet",
      "Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
      "2",
    ],
    ["a phone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1", "3"],
  ] as const) {
    it(`says by a session's first digit that it is on ${device}`, async () => {
      const before: Setup["before"] = ({ browser }) => Object.assign(browser.navigator, { userAgent });
      const sitting = await paused({ before });
      await seek(sitting, 100);
      const [{ body }] = sitting.service.saves as [SeenRequest];
      assert.match(body.sessionId, new RegExp(`^${digit}[0-9a-f]{15}$`));
    });
  }

  it("believes no clock of the device: a session starts at the service's time", async () => {
    const world = newWorld();
    world.service.offsetMs = -17 * hour;
    const { clock, service, video } = sit(world);
    await clock.advance(100);
    video.currentTime = 100;
    await clock.advance(500);
    const { sessionStartedAt, elapsedMs } = service.saves[0]!.body;
    assert.ok(Math.abs(sessionStartedAt + elapsedMs - world.service.now) < 1_000);
  });

  it("starts a new session when the service refuses its clock, and sends the newest position again", async () => {
    const sitting = await paused();
    const { clock, service } = sitting;
    service.offsetMs = -600_000;
    await seek(sitting, 100);
    await seek(sitting, 200);
    await clock.advance(2_000);
    const sessions = new Set(service.saves.map(({ body }) => body.sessionId));
    assert.equal(sessions.size, 2);
    const last = service.saves.at(-1)!.body;
    assert.equal(last.watchTime, 200);
    assert.ok(Math.abs(last.sessionStartedAt + last.elapsedMs - service.now) < 5_000);
    assert.equal(sitting.tracker.status, "saved");
    assert.deepEqual(sitting.seen("problem"), []);
    assert.deepEqual(Object.keys(sitting.browser.localStorage), [], "the refused stamp is not left behind");
  });

  it("a position recorded while an older one is refused is the one that is sent again", async () => {
    const sitting = await paused();
    const { clock, service } = sitting;
    service.offsetMs = -600_000;
    service.latencyMs = 2_000;
    await seek(sitting, 100);
    await seek(sitting, 200);
    await clock.advance(10_000);
    assert.deepEqual(service.savedSeconds, [100, 200]);
  });

  it("starts a new session after a sleep, and gives the position recorded after it the new time", async () => {
    const sitting = await paused();
    const { clock, service } = sitting;
    clock.sleep(8 * hour);
    service.store("intro", 900);
    clock.sleep(60_000);
    await seek(sitting, 100);
    await clock.advance(100);
    assert.deepEqual(service.savedSeconds, [100, 100]);
    assert.equal(service.positions.get("intro")?.seconds, 100, "it is newer than the other device's");
  });

  it("a position from before the sleep does not overwrite what another device saved during it", async () => {
    const sitting = await paused();
    const { clock, service } = sitting;
    service.fate = () => "drop";
    await seek(sitting, 100);
    await clock.advance(1_200);
    clock.sleep(8 * hour);
    service.store("intro", 900);
    service.fate = () => undefined;
    await clock.advance(60_000);
    assert.equal(service.positions.get("intro")?.seconds, 900);
    assert.equal(sitting.tracker.status, "saved");
    await seek(sitting, 120);
    await clock.advance(100);
    assert.equal(service.positions.get("intro")?.seconds, 120, "what is recorded now is newest again");
  });

  it("a sleep of 2 s is one, a shorter one is not", async () => {
    for (const [sleptMs, sessions] of [
      [1_900, 1],
      [2_100, 2],
    ] as const) {
      const sitting = await paused();
      sitting.clock.sleep(sleptMs);
      await seek(sitting, 100);
      await sitting.clock.advance(100);
      assert.equal(new Set(sitting.service.saves.map(({ body }) => body.sessionId)).size, sessions, `${sleptMs} ms`);
    }
  });

  it("a slow network is not mistaken for a sleep", async () => {
    const sitting = await paused();
    sitting.service.latencyMs = 9_000;
    await seek(sitting, 100);
    await sitting.clock.advance(9_100);
    await seek(sitting, 200);
    await sitting.clock.advance(9_100);
    assert.equal(new Set(sitting.service.saves.map(({ body }) => body.sessionId)).size, 1);
    assert.equal(sitting.service.saves.length, 2);
  });
});
