import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CoverageReports } from "../src/coverage.ts";
import { tokenOf, newWorld, sit, type Sitting, type World } from "./support/sitting.ts";

const minuteMs = 60_000;

/** A sitting whose coverage is kept. */
async function watched(world: World = newWorld(), getToken: () => string = () => tokenOf("ada")) {
  const sitting = sit(world, { length: 1_000 });
  const options = { endpoint: "/api/v1", getToken, courseId: "ts", lectureId: "intro" };
  const reports = new CoverageReports(sitting.tracker, options, sitting.browser.asBrowser);
  reports.start(sitting.video);
  await sitting.clock.advance(100);
  return { ...sitting, end: () => reports.stop() };
}

async function play({ clock, video }: Sitting, seconds: number): Promise<void> {
  video.play();
  await clock.advance(seconds * 1_000);
}

const asked = ({ service }: Sitting): number => service.reports.length;
const told = ({ service }: Sitting) => service.reports.at(-1)?.body.played;

describe("coverage over several sittings", () => {
  it("begins with what earlier sittings played, whatever this one has played by then", async () => {
    const world = newWorld();
    world.service.played.unite([[100, 900]]);
    world.service.latencyMs = 4_000;
    const sitting = await watched(world);
    await play(sitting, 3);
    assert.deepEqual(sitting.tracker.playedRanges, [[0, 3]]);
    await sitting.clock.advance(3_000);
    assert.deepEqual(sitting.tracker.playedRanges.at(-1), [100, 900]);
    assert.ok(sitting.tracker.coverage > 0.8);
    assert.equal(asked(sitting), 1);
  });

  it("says that enough was played when the sittings together played enough", async () => {
    const world = newWorld();
    world.service.played.unite([[0, 899]]);
    const sitting = await watched(world);
    sitting.video.currentTime = 899;
    await play(sitting, 5);
    assert.equal(sitting.seen("completable").length, 1);
  });

  it("says so at once when the earlier ones did", async () => {
    const world = newWorld();
    world.service.played.unite([[0, 950]]);
    assert.equal((await watched(world)).seen("completable").length, 1);
  });

  for (const [when, happen] of Object.entries<(sitting: Sitting) => void>({
    "when the page is hidden": ({ browser }) => browser.hide(),
    "when the page goes away": ({ browser }) => browser.leave(),
  })) {
    it(`tells the service what was played ${when}, from the time at which the sitting began`, async () => {
      const sitting = await watched();
      const startedAt = sitting.service.now - 100;
      await play(sitting, 10);
      happen(sitting);
      await sitting.clock.advance(100);
      const { url, init, body } = sitting.service.reports.at(-1)!;
      assert.deepEqual([init.method, url], ["PUT", "/api/v1/progress/ts/lectures/intro/played"]);
      const { sessionId, ...said } = body;
      assert.deepEqual(said, { played: [[0, 10]], sessionStartedAt: startedAt });
      assert.deepEqual(sitting.service.reports[0]!.body, { played: [], sessionId });
      assert.equal(init.keepalive, true);
    });
  }

  it("tells it at the end of the lecture, and when the sitting ends", async () => {
    const sitting = await watched();
    sitting.video.currentTime = 990;
    await play(sitting, 12);
    assert.deepEqual(told(sitting)?.at(-1)?.[1], 1_000);
    sitting.video.currentTime = 500;
    await play(sitting, 4);
    sitting.video.pause();
    sitting.tracker.stop();
    sitting.end();
    await sitting.clock.advance(100);
    assert.deepEqual(told(sitting)?.[0], [500, 504]);
    const before = asked(sitting);
    sitting.browser.hide();
    await sitting.clock.advance(100);
    assert.equal(asked(sitting), before);
  });

  it("tells it every five minutes while playing, and nothing while nothing new is played", async () => {
    const sitting = await watched();
    await play(sitting, 299);
    assert.equal(asked(sitting), 1);
    await sitting.clock.advance(2_000);
    assert.equal(asked(sitting), 2);
    sitting.video.pause();
    await sitting.clock.advance(20 * minuteMs);
    sitting.browser.hide();
    await sitting.clock.advance(100);
    assert.equal(asked(sitting), 3);
    for (const _ of [1, 2]) {
      sitting.browser.show();
      sitting.browser.hide();
      await sitting.clock.advance(100);
    }
    assert.equal(asked(sitting), 3);
  });

  it("tells again what did not arrive, and asks again what was not answered", async () => {
    const sitting = await watched();
    await play(sitting, 10);
    for (const fate of ["drop", { status: 503 }, { status: 404, body: {} }, undefined] as const) {
      sitting.service.fate = () => fate;
      sitting.browser.hide();
      await sitting.clock.advance(1_000);
    }
    assert.equal(asked(sitting), 5);
    assert.equal(sitting.service.played.coverage(1_000) > 0, true);

    const world = newWorld();
    world.service.fate = ({ kind }) => (kind === "played" ? "drop" : undefined);
    const offline = await watched(world);
    await play(offline, 14);
    assert.equal(asked(offline), 1);
    world.service.fate = () => undefined;
    await offline.clock.advance(2_000);
    assert.equal(asked(offline), 2, "sooner than in five minutes, until the service has heard of the sitting");
    await offline.clock.advance(20_000);
    assert.equal(asked(offline), 2);
  });

  it("goes on telling what the service has not credited yet", async () => {
    const sitting = await watched();
    await play(sitting, 10);
    const nothing = { played: [], coverage: 0, serverTime: sitting.service.now };
    sitting.service.fate = ({ kind }) => (kind === "played" ? { status: 200, body: nothing } : undefined);
    for (const _ of [1, 2]) {
      sitting.browser.hide();
      await sitting.clock.advance(100);
    }
    assert.equal(asked(sitting), 3);
  });

  it("asks for another token once, when the service wants one", async () => {
    let tokens = 0;
    const world = newWorld();
    world.service.fate = ({ kind }) => (kind === "played" && tokens % 2 === 1 ? { status: 401, body: {} } : undefined);
    const sitting = await watched(world, () => tokenOf(`ada-${tokens++}`));
    assert.deepEqual([asked(sitting), tokens], [2, 2]);
    world.service.fate = ({ kind }) => (kind === "played" ? { status: 403, body: {} } : undefined);
    await play(sitting, 10);
    sitting.browser.hide();
    await sitting.clock.advance(100);
    assert.deepEqual([asked(sitting), tokens], [4, 3]);
  });

  it("tells a thing once while it is on its way", async () => {
    const sitting = await watched();
    sitting.service.latencyMs = 500;
    await play(sitting, 10);
    sitting.browser.hide();
    sitting.browser.leave();
    await sitting.clock.advance(1_000);
    assert.equal(asked(sitting), 2);
  });

  it("completes nothing by an answer that comes after the end: the player may have another lecture by then", async () => {
    const sitting = await watched();
    await play(sitting, 10);
    sitting.video.pause();
    sitting.service.played.unite([[0, 990]]);
    sitting.service.latencyMs = 500;
    sitting.tracker.stop();
    sitting.end();
    await sitting.clock.advance(1_000);
    assert.equal(asked(sitting), 2);
    assert.deepEqual([sitting.seen("completable"), sitting.tracker.playedRanges], [[], [[0, 10]]]);
  });
});
