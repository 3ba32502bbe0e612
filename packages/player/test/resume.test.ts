import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linkedPosition, resumePosition } from "../src/resume.ts";
import { newWorld, opened, sit, type Sitting, stored, tokenOf } from "./support/sitting.ts";

describe("resume", () => {
  it("goes to the exact position of the service, without playing, and says so", async () => {
    const { video, seen, tracker } = await opened(stored(321.987));
    assert.equal(video.currentTime, 321.987);
    assert.equal(video.playCalls, 0);
    assert.equal(tracker.position, 321.987);
    assert.deepEqual(seen("resumed"), [{ position: 321.987 }]);
  });

  it("a deep link comes before the stored position", async () => {
    const { video } = await opened(stored(300), { before: ({ browser }) => (browser.location.search = "?a=1&t=90") });
    assert.equal(video.currentTime, 90);
  });

  it("the page's own start comes before a deep link, also when it is 0", async () => {
    const before = ({ browser }: Pick<Sitting, "browser">): void => void (browser.location.search = "?t=90");
    assert.equal((await opened(stored(300), { before, options: { startAt: 40 } })).video.currentTime, 40);
    assert.equal((await opened(stored(300), { before, options: { startAt: 0 } })).video.currentTime, 0);
  });

  it("reads the seconds of a link, and nothing else", () => {
    const read = (t: string): number | undefined => linkedPosition(`?t=${t}`);
    assert.deepEqual(["90", "90s", "12.5", "0"].map(read), [90, 90, 12.5, 0]);
    assert.deepEqual(["", "x", "-5", "1e3", "90x", "NaN", "s5", "s"].map(read), Array.from({ length: 8 }));
    assert.equal(linkedPosition(""), undefined);
  });

  for (const [seconds, seekingAfterMs] of [
    [300, 0],
    [300, 200],
    [0, 200],
  ] as const) {
    const when = seekingAfterMs === 0 ? "is known before the answer" : "becomes known after the answer";
    it(`a seek that the student already made comes before a stored ${seconds}, when it ${when}`, async () => {
      const world = stored(seconds);
      world.service.latencyMs = 500;
      const { clock, service, video, seen } = sit(world);
      video.seekingAfterMs = seekingAfterMs;
      await clock.advance(400);
      video.currentTime = 42;
      await clock.advance(2_000);
      assert.equal(video.currentTime, 42);
      assert.deepEqual(seen("resumed"), []);
      assert.equal(service.positions.get("intro")?.seconds, 42, "and it is saved");
    });
  }

  it("a player that seeks over a gap at its start by itself has not begun there, and resumes", async () => {
    const world = stored(300);
    world.service.latencyMs = 500;
    const { clock, video, service } = sit(world);
    await clock.advance(100);
    video.currentTime = 1.5;
    await clock.advance(2_000);
    assert.equal(video.currentTime, 300);
    assert.deepEqual(service.savedSeconds, []);
  });

  for (const latencyMs of [20, 500]) {
    it(`a media fragment at the start does not keep it, with an answer after ${latencyMs} ms`, async () => {
      const world = stored(300);
      world.service.latencyMs = latencyMs;
      const { clock, video, service } = sit(world, { isLoaded: false });
      video.fragmentSeconds = 0.1;
      video.seekingAfterMs = 1;
      await clock.advance(100);
      video.load();
      await clock.advance(2_000);
      assert.equal(video.currentTime, 300);
      assert.deepEqual(service.savedSeconds, []);
    });
  }

  it("a seek comes before a deep link whose lecture is not loaded yet", async () => {
    const { clock, video } = await opened(stored(300), { isLoaded: false, options: { startAt: 90 } });
    video.readyState = 1;
    video.currentTime = 42;
    await clock.advance(100);
    video.load();
    await clock.advance(1_000);
    assert.equal(video.currentTime, 42);
  });

  it("what this browser has not sent comes before the service's position", async () => {
    const world = stored(300);
    const first = await opened(world);
    world.service.fate = () => "drop";
    first.video.currentTime = 500;
    await world.clock.advance(500);
    first.tracker.stop();
    const { video, seen } = sit(world);
    await world.clock.advance(50);
    assert.equal(video.currentTime, 500);
    assert.deepEqual(seen("resumed"), [{ position: 500 }]);
  });

  it("what this browser has not sent gives way to a newer position of another device", async () => {
    const world = stored(300);
    world.service.persisted = null;
    const first = await opened(world);
    first.video.currentTime = 500;
    await world.clock.advance(500);
    first.tracker.stop();
    await world.clock.advance(1_000);
    world.service.store("intro", 800);
    assert.equal((await opened(world)).video.currentTime, 800);
  });

  it("is applied from 5 s up", async () => {
    assert.equal((await opened(stored(4.9))).video.currentTime, 0);
    assert.equal((await opened(stored(5))).video.currentTime, 5);
  });

  it("starts at 0 when the lecture is completed, and keeps the stored value", async () => {
    const world = stored(300);
    world.service.completed.add("intro");
    const { clock, video, service } = await opened(world);
    assert.equal(video.currentTime, 0);
    video.play();
    await clock.advance(500);
    video.pause();
    await clock.advance(500);
    assert.equal(service.positions.get("intro")?.seconds, 300);
  });

  it("starts at 0 when 2 % are left, at least 5 s and at most 30 s, and keeps the stored value", async () => {
    assert.equal(resumePosition(979.9, 1_000, false), 979.9);
    assert.equal(resumePosition(980, 1_000, false), 0);
    assert.equal(resumePosition(94.9, 100, false), 94.9);
    assert.equal(resumePosition(95, 100, false), 0);
    assert.equal(resumePosition(9_969, 10_000, false), 9_969);
    assert.equal(resumePosition(9_970, 10_000, false), 0);
    assert.equal(resumePosition(300, Number.NaN, false), 300);
    assert.equal(resumePosition(300, Number.POSITIVE_INFINITY, false), 300);
    const { clock, video, service } = await opened(stored(985));
    assert.equal(video.currentTime, 0);
    video.play();
    await clock.advance(800);
    assert.equal(service.positions.get("intro")?.seconds, 985);
    await clock.advance(10_000);
    assert.ok(service.positions.get("intro")!.seconds < 11, "a second viewing counts once it is one");
  });

  it("waits for the length of the lecture", async () => {
    const { clock, video } = await opened(stored(300), { isLoaded: false });
    assert.equal(video.currentTime, 0);
    await clock.advance(10_000);
    video.load();
    assert.equal(video.currentTime, 300);
  });

  for (const event of ["canplay", "playing"] as const) {
    it(`is verified after ${event}: a player that went back to its own 0 is moved again`, async () => {
      const { clock, video, service } = await opened(stored(300));
      video.resetSilently(0);
      if (event === "canplay") video.dispatchEvent(new Event("canplay"));
      else video.play();
      await clock.advance(100);
      assert.ok(video.currentTime >= 300);
      video.play();
      await clock.advance(6_000);
      assert.ok(service.savedSeconds.length > 0);
      assert.ok(service.savedSeconds.every((seconds) => seconds >= 300));
    });
  }

  it("stops moving a player that does not obey, and saves nothing before it has really played", async () => {
    const { clock, video, service } = await opened(stored(300));
    let isInsisting = true;
    video.addEventListener("seeked", () => isInsisting && video.resetSilently(0));
    for (let tries = 0; tries < 10; tries++) {
      video.resetSilently(0);
      video.dispatchEvent(new Event("canplay"));
      await clock.advance(100);
    }
    isInsisting = false;
    assert.equal(video.currentTime, 0);
    assert.deepEqual(service.saves, []);
  });

  it("jumps within 1 s even if the player started by itself", async () => {
    const world = stored(300);
    world.service.latencyMs = 900;
    const { clock, video, service } = sit(world);
    video.play();
    await clock.advance(1_000);
    assert.ok(video.currentTime >= 300);
    await clock.advance(6_000);
    assert.ok(service.savedSeconds.every((seconds) => seconds >= 300));
  });

  it("finds hexadecimal ids, which the service writes in lower case, and ids that every object has", async () => {
    const world = newWorld();
    world.service.store("5f7c0a1b2c3d4e5f60718293", 111);
    const upper = await opened(world, { options: { lectureId: "5F7C0A1B2C3D4E5F60718293" } });
    assert.equal(upper.video.currentTime, 111);
    for (const lectureId of ["constructor", "toString"]) {
      const { video } = await opened(world, { options: { lectureId } });
      assert.equal(video.currentTime, 0);
    }
  });

  it("a course that does not exist is a problem; nothing is saved", async () => {
    const world = newWorld();
    world.service.fate = () => ({ status: 404, body: { code: "not_found", detail: "No such course." } });
    const { clock, video, service, seen, tracker } = await opened(world);
    video.play();
    await clock.advance(20_000);
    assert.deepEqual(seen("problem"), [{ status: 404, code: "not_found", detail: "No such course." }]);
    assert.equal(tracker.status, "blocked");
    assert.deepEqual(service.saves, []);
  });

  it("a tracker that was stopped does not move the player any more", async () => {
    const world = stored(300);
    world.service.latencyMs = 500;
    const { clock, video, tracker } = sit(world, {
      options: { getToken: async () => tokenOf("ada") },
    });
    tracker.stop();
    await clock.advance(2_000);
    assert.equal(video.currentTime, 0);
  });
});
