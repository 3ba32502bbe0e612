import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newWorld, playing, sit } from "./support/sitting.ts";

describe("when it sends", () => {
  it("saves every 5 s while the lecture plays", async () => {
    const { clock, service } = await playing();
    await clock.advance(30_000);
    const times = service.saves.map(({ atMs }) => atMs).slice(1);
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    assert.ok(gaps.length >= 4);
    for (const gap of gaps) assert.ok(gap >= 5_000 && gap <= 5_250, gaps.join());
  });

  for (const chance of [0, 0.3, 0.9]) {
    it(`sends the first heartbeat after a random part of 5 s (${chance})`, async () => {
      const { clock, service } = await playing(60, { before: ({ browser }) => (browser.chance = chance) });
      await clock.advance(11_000);
      const [started, first] = service.saves;
      const waited = first!.atMs - started!.atMs;
      // The first look that comes after the random time and finds the playhead moved by 1 s.
      const expected = chance ? chance * 5_000 : 5_000;
      assert.ok(waited >= expected && waited <= expected + 250, `${waited}`);
    });
  }

  it("sends no heartbeat while the position moved by less than 1 s", async () => {
    const { clock, service, video } = await playing();
    video.playbackRate = 0.1;
    service.requests.length = 0;
    await clock.advance(9_000);
    assert.deepEqual(service.saves, []);
    await clock.advance(20_000);
    assert.ok(service.saves.length > 0);
  });

  it("waits longer between heartbeats when the service asks for it", async () => {
    const { clock, service } = await playing();
    service.nextIntervalMs = 20_000;
    await clock.advance(10_000);
    service.requests.length = 0;
    await clock.advance(60_000);
    assert.ok(service.saves.length <= 3, `${service.saves.length}`);
    service.nextIntervalMs = 100;
    await clock.advance(20_000);
    service.requests.length = 0;
    await clock.advance(20_000);
    assert.ok(service.saves.length <= 4, "never faster than every 5 s");
  });

  it("saves at once on play, also where it was paused", async () => {
    const { clock, service, video } = await playing();
    video.pause();
    await clock.advance(1_000);
    service.requests.length = 0;
    video.play();
    await clock.advance(0);
    assert.equal(service.saves.length, 1);
  });

  it("saves at once on pause, to the millisecond", async () => {
    const { clock, service, video } = await playing();
    await clock.advance(1_234);
    service.requests.length = 0;
    video.pause();
    await clock.advance(0);
    assert.deepEqual(service.savedSeconds, [Math.round(video.currentTime * 1000) / 1000]);
  });

  it("saves at once when the lecture has ended", async () => {
    const { clock, service, video } = await playing(60, { length: 100 });
    video.currentTime = 97;
    await clock.advance(3_200);
    assert.equal(video.paused, true);
    assert.equal(service.savedSeconds.at(-1), 100);
  });

  it("saves within 1 s of the end even if `ended` never comes", async () => {
    const { clock, service, video } = await playing(60, { length: 100 });
    video.currentTime = 96.5;
    await clock.advance(450);
    service.requests.length = 0;
    await clock.advance(2_400);
    assert.equal(service.saves.filter(({ body }) => body.watchTime >= 99).length, 1);
  });

  it("saves the position at once on complete(), and then completes", async () => {
    const { clock, service, tracker } = await playing();
    await clock.advance(1_500);
    service.requests.length = 0;
    const done = tracker.complete();
    await clock.advance(0);
    await done;
    assert.deepEqual(
      service.requests.map(({ kind }) => kind),
      ["save", "complete"],
    );
    assert.deepEqual(JSON.parse(service.requests[1]!.init.body as string), { courseId: "ts", lectureId: "intro" });
  });

  it("saves 400 ms after the last of several seeks, once", async () => {
    const { clock, service, video } = await playing();
    video.pause();
    await clock.advance(500);
    service.requests.length = 0;
    for (const position of [200, 300, 400]) {
      video.currentTime = position;
      await clock.advance(300);
    }
    assert.deepEqual(service.savedSeconds, []);
    await clock.advance(119);
    assert.deepEqual(service.savedSeconds, []);
    await clock.advance(1);
    assert.deepEqual(service.savedSeconds, [400]);
  });

  it("commits what was played before a seek, and nothing of the way it jumped", async () => {
    const { clock, video, tracker } = await playing();
    await clock.advance(10_000);
    const before = video.currentTime;
    video.currentTime = 500;
    await clock.advance(5_000);
    const [first, second] = tracker.playedRanges;
    assert.ok(Math.abs(first![1] - before) <= 0.3, `${first![1]} ${before}`);
    assert.ok(second![0] >= 500 && second![0] < 500.2);
  });

  it("a real rewind moves the stored position back", async () => {
    const { clock, service, video } = await playing(600);
    video.currentTime = 0;
    video.pause();
    await clock.advance(1_000);
    assert.equal(service.positions.get("intro")?.seconds, 0);
  });

  it("a rate change closes a range: each stretch is judged by its own rate", async () => {
    const { clock, video, tracker } = await playing();
    video.isQuiet = true;
    await clock.advance(900);
    video.playbackRate = 4;
    await clock.advance(10_000);
    const [range] = tracker.playedRanges;
    assert.equal(tracker.playedRanges.length, 1);
    assert.ok(range![1] - range![0] > 36);
    await clock.advance(900);
    const before = video.currentTime;
    video.playbackRate = 0.25;
    assert.ok(Math.abs(tracker.playedRanges.at(-1)![1] - before) < 0.1, "what was played fast counts as fast");
  });

  it("counts nothing while the player waits for data", async () => {
    const { clock, service, video, tracker } = await playing();
    await clock.advance(3_000);
    video.stall();
    const { coverage } = tracker;
    service.requests.length = 0;
    for (let second = 0; second < 10; second++) {
      video.resetSilently(video.currentTime + 0.3);
      await clock.advance(1_000);
    }
    assert.equal(tracker.coverage, coverage);
    assert.deepEqual(service.saves, []);
    video.recover();
    await clock.advance(7_000);
    assert.ok(tracker.coverage > coverage);
    assert.ok(service.saves.length > 0);
  });

  it("sends nothing before the resume has settled", async () => {
    const world = newWorld();
    world.service.store("intro", 300);
    world.service.latencyMs = 800;
    const { clock, service, video, browser } = sit(world, { isLoaded: false });
    video.play();
    browser.hide();
    browser.show();
    await clock.advance(5_000);
    assert.deepEqual(service.saves, [], "the length is not known yet");
    video.load();
    await clock.advance(5_000);
    assert.ok(service.saves.length > 0);
    for (const seconds of service.savedSeconds) assert.ok(seconds >= 300, service.savedSeconds.join());
  });

  it("saves no 0 when a lecture without a stored position is only opened and started", async () => {
    const { clock, service, video } = sit();
    await clock.advance(100);
    video.play();
    await clock.advance(500);
    video.pause();
    await clock.advance(500);
    assert.deepEqual(service.saves, []);
    video.play();
    await clock.advance(10_000);
    assert.ok(service.savedSeconds.every((seconds) => seconds >= 1));
    assert.ok(service.saves.length > 0);
  });

  it("keeps going once a second with a player that sends no timeupdate", async () => {
    const { clock, service, video, tracker } = await playing();
    video.isQuiet = true;
    const { coverage } = tracker;
    service.requests.length = 0;
    await clock.advance(20_000);
    assert.ok(service.saves.length >= 3);
    assert.ok(Math.abs((tracker.coverage - coverage) * 1_000 - 20) < 1.5);
  });

  it("stop() saves once more and lets go", async () => {
    const { clock, service, video, tracker } = await playing();
    await clock.advance(1_300);
    service.requests.length = 0;
    tracker.stop();
    await clock.advance(20_000);
    video.pause();
    video.currentTime = 0;
    await clock.advance(20_000);
    assert.equal(service.saves.length, 1);
  });

  it("a source that is dropped does not become a 0: the playhead goes back to where it was", async () => {
    const { clock, service, video } = await playing(300);
    await clock.advance(6_000);
    video.empty();
    await clock.advance(2_000);
    video.load();
    video.play();
    await clock.advance(6_000);
    assert.ok(service.savedSeconds.every((seconds) => seconds >= 300));
    assert.ok(video.currentTime > 305);
  });
});
