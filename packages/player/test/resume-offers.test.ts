import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { opened, sit, type Sitting, stored } from "./support/sitting.ts";

describe("resume offers", () => {
  describe("an answer that takes over 1 s while the student already plays", () => {
    async function late(seconds = 300): Promise<Sitting> {
      const world = stored(seconds);
      world.service.latencyMs = 1_200;
      const sitting = sit(world);
      sitting.video.play();
      await world.clock.advance(1_300);
      world.service.latencyMs = 0;
      return sitting;
    }

    it("is offered, not jumped to", async () => {
      const { video, seen } = await late();
      assert.ok(video.currentTime < 2);
      assert.deepEqual(seen("resumable"), [{ position: 300, reason: "late" }]);
      assert.deepEqual(seen("resumed"), []);
    });

    it("does not overwrite the offered position while the student decides", async () => {
      const { clock, service, browser } = await late();
      await clock.advance(8_000);
      browser.leave();
      await clock.advance(100);
      assert.equal(service.positions.get("intro")?.seconds, 300);
    });

    it("is taken by seeking there, and saved from then on", async () => {
      const { clock, service, video } = await late();
      video.currentTime = 300;
      await clock.advance(7_000);
      assert.ok(service.savedSeconds.length > 0);
      assert.ok(service.savedSeconds.every((seconds) => seconds >= 300));
    });

    it("is declined by playing on for 10 s", async () => {
      const { clock, service } = await late();
      await clock.advance(20_000);
      assert.ok(service.positions.get("intro")!.seconds < 25);
    });

    it("is no offer when the student has just sought another place, and that is saved", async () => {
      const world = stored(300);
      world.service.latencyMs = 1_200;
      const { clock, video, seen, service } = sit(world);
      video.play();
      await clock.advance(1_150);
      video.seekingAfterMs = 100;
      video.currentTime = 42;
      await clock.advance(3_000);
      assert.deepEqual(seen("resumable"), []);
      assert.ok(service.savedSeconds.length > 0);
      assert.ok(service.savedSeconds.every((seconds) => seconds >= 42 && seconds < 50));
    });

    it("is no offer when it would start at 0 anyway", async () => {
      const { clock, seen, service } = await late(2);
      await clock.advance(7_000);
      assert.deepEqual(seen("resumable"), []);
      assert.ok(service.saves.length > 0);
    });
  });

  it("a late answer is jumped to while the student has not pressed play", async () => {
    const world = stored(300);
    world.service.latencyMs = 8_000;
    const { clock, video } = sit(world);
    await clock.advance(9_000);
    assert.equal(video.currentTime, 300);
  });

  it("an answer that comes after an offline start is offered, and kept until the student decides", async () => {
    const world = stored(300);
    world.service.fate = () => "drop";
    const { clock, service, video, browser, seen } = await opened(world);
    video.play();
    await clock.advance(2_000);
    service.fate = () => undefined;
    browser.dispatchEvent(new Event("online"));
    await clock.advance(6_000);
    assert.deepEqual(seen("resumable"), [{ position: 300, reason: "late", device: undefined }]);
    assert.equal(service.positions.get("intro")?.seconds, 300);
  });

  it("tells of another device's newer position when the student comes back, and the page decides", async () => {
    const { clock, service, video, browser, seen } = await opened(stored(300));
    browser.hide();
    await clock.advance(600_000);
    service.store("intro", 900);
    service.device = "phone";
    browser.show();
    await clock.advance(100);
    assert.deepEqual(seen("resumable"), [{ position: 900, reason: "elsewhere", device: "phone" }]);
    assert.match(service.loads.at(-1)!.url, /\/progress\/ts\?lecture=intro$/);
    assert.equal(video.currentTime, 300);
    browser.hide();
    browser.show();
    await clock.advance(100);
    assert.equal(seen("resumable").length, 1, "once");
  });

  it("does not mention another device that is within 10 s", async () => {
    const { clock, service, browser, seen } = await opened(stored(300));
    service.store("intro", 310);
    browser.show();
    await clock.advance(100);
    assert.deepEqual(seen("resumable"), []);
    service.store("intro", 299.9);
    browser.show();
    await clock.advance(100);
    assert.deepEqual(seen("resumable"), [{ position: 299.9, reason: "elsewhere", device: undefined }]);
  });

  it("tells of another device's newer position when a save comes too late", async () => {
    const { clock, service, video, seen, tracker } = await opened(stored(300));
    service.fate = () => "drop";
    video.currentTime = 350;
    await clock.advance(3_000);
    service.store("intro", 900);
    service.fate = () => undefined;
    await clock.advance(60_000);
    assert.deepEqual(seen("resumable"), [{ position: 900, reason: "elsewhere", device: undefined }]);
    assert.equal(service.positions.get("intro")?.seconds, 900);
    assert.equal(tracker.status, "saved");
  });
});
