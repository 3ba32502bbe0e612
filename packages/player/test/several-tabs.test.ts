import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newWorld, sit, type Sitting } from "./support/sitting.ts";

const name = "aetherlearn/ts/intro";

async function twoTabs(): Promise<{ first: Sitting; second: Sitting; world: ReturnType<typeof newWorld> }> {
  const world = newWorld();
  world.service.store("intro", 60);
  const first = sit(world);
  const second = sit(world);
  await world.clock.advance(200);
  return { first, second, world };
}

describe("several tabs", () => {
  it("the tab in which the student presses play takes over; the other is told and stops", async () => {
    const { first, second, world } = await twoTabs();
    first.video.play();
    await world.clock.advance(3_000);
    assert.equal(first.tracker.status, "saved");
    second.video.currentTime = 500;
    second.video.play();
    await world.clock.advance(100);
    assert.equal(first.tracker.status, "superseded");
    assert.equal(first.seen("status").at(-1), "superseded");
    assert.notEqual(second.tracker.status, "superseded");
    await world.clock.advance(30_000);
    assert.equal(first.video.paused, false, "the player is the page's business");
    assert.ok(world.service.positions.get("intro")!.seconds > 500);
    const late = world.service.saves.slice(-4).map(({ body }) => body.watchTime);
    assert.ok(
      late.every((seconds) => seconds >= 500),
      late.join(),
    );
  });

  it("the loser counts again when the student presses play there", async () => {
    const { first, second, world } = await twoTabs();
    first.video.play();
    second.video.play();
    await world.clock.advance(1_000);
    first.video.pause();
    first.video.play();
    await world.clock.advance(1_000);
    assert.equal(first.tracker.status, "saved");
    assert.equal(second.tracker.status, "superseded");
  });

  it("a tab that only lies open saves nothing while another one has the lecture", async () => {
    const { first, second, world } = await twoTabs();
    first.video.play();
    await world.clock.advance(1_000);
    second.video.currentTime = 5;
    await world.clock.advance(1_000);
    assert.ok(world.service.savedSeconds.every((seconds) => seconds >= 60));
  });

  it("a visible tab has the lecture when it is free, so that a seek without play is saved", async () => {
    const { clock, service, video } = sit();
    await clock.advance(100);
    video.currentTime = 200;
    await clock.advance(500);
    assert.equal(service.positions.get("intro")?.seconds, 200);
  });

  it("is released when the tab is hidden and paused, in either order", async () => {
    for (const order of ["pause first", "hide first"]) {
      const { clock, video, browser } = sit();
      await clock.advance(100);
      video.play();
      await clock.advance(100);
      const { locks } = browser.navigator;
      if (order === "pause first") video.pause();
      browser.hide();
      await clock.advance(100);
      assert.equal(locks?.holds(name), order === "hide first");
      video.pause();
      await clock.advance(100);
      assert.equal(locks?.holds(name), false);
    }
  });

  it("a pause in a hidden tab is saved before the lecture is released", async () => {
    const { clock, video, browser, service } = sit();
    await clock.advance(100);
    video.play();
    browser.hide();
    await clock.advance(3_300);
    video.pause();
    await clock.advance(100);
    assert.equal(service.positions.get("intro")?.seconds, video.currentTime);
  });

  for (const way of ["freeze", "leave"] as const) {
    it(`is released on ${way}, so that the page can be kept or go`, async () => {
      const { clock, video, browser } = sit();
      await clock.advance(100);
      video.play();
      await clock.advance(100);
      browser[way]();
      await clock.advance(0);
      assert.equal(browser.navigator.locks?.holds(name), false);
    });
  }

  it("has it again when the page is shown again", async () => {
    const { clock, browser } = sit();
    await clock.advance(100);
    browser.hide();
    await clock.advance(100);
    browser.show();
    await clock.advance(100);
    assert.equal(browser.navigator.locks?.holds(name), true);
  });

  it("stop() releases it", async () => {
    const { clock, tracker, browser } = sit();
    await clock.advance(100);
    tracker.stop();
    await clock.advance(0);
    assert.equal(browser.navigator.locks?.holds(name), false);
  });

  it("other lectures are not concerned", async () => {
    const world = newWorld();
    const first = sit(world);
    const other = sit(world, { options: { lectureId: "types" } });
    await world.clock.advance(100);
    first.video.play();
    other.video.play();
    await world.clock.advance(10_000);
    assert.equal(first.tracker.status, "saved");
    assert.equal(other.tracker.status, "saved");
  });

  for (const trouble of ["missing", "forbidden"] as const) {
    it(`every tab counts where locks are ${trouble}`, async () => {
      const world = newWorld();
      world.profile.locks.isForbidden = true;
      const profile = trouble === "missing" ? { ...world.profile, locks: undefined } : world.profile;
      const { clock, video, service, tracker } = sit({ ...world, profile });
      await clock.advance(100);
      video.currentTime = 50;
      await clock.advance(500);
      assert.equal(service.positions.get("intro")?.seconds, 50);
      video.play();
      await clock.advance(10_000);
      assert.equal(tracker.status, "saved");
    });
  }
});
