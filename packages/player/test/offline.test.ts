import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FakeStorage, fill } from "./support/fake-browser.ts";
import { FakeService } from "./support/fake-service.ts";
import { newWorld, sit, tokenOf, type Sitting, type World } from "./support/sitting.ts";

const dayMs = 24 * 3_600_000;

/** A page of this world without a network: it cannot send, now or after it is gone. */
async function offline(world: World, lectureId = "intro", sub = "ada"): Promise<Sitting> {
  const nowhere = new FakeService(world.clock);
  nowhere.fate = () => "drop";
  const sitting = sit({ ...world, service: nowhere }, { options: { lectureId, getToken: () => tokenOf(sub) } });
  await world.clock.advance(100);
  return sitting;
}

/** Watches a second at `seconds` without a network, and closes the tab. */
async function watchOffline(world: World, seconds: number, lectureId?: string, sub?: string): Promise<void> {
  const { clock, video, browser, tracker } = await offline(world, lectureId, sub);
  video.play();
  video.currentTime = seconds;
  await clock.advance(1_000);
  video.pause();
  browser.leave();
  tracker.stop();
}

function keys({ profile }: World): string[] {
  return Object.keys(profile.storage);
}

describe("offline", () => {
  it("keeps positions in this browser while the service cannot be reached, and says so", async () => {
    const world = newWorld();
    const { clock, tracker, video, seen } = await offline(world);
    assert.equal(tracker.status, "offline");
    video.currentTime = 100;
    await clock.advance(450);
    assert.equal(keys(world).length, 1);
    assert.deepEqual(seen("status"), ["offline"]);
  });

  it("sends on the next start what was left, and forgets it when it has arrived", async () => {
    const world = newWorld();
    await watchOffline(world, 200);
    const { tracker } = sit(world);
    await world.clock.advance(100);
    assert.equal(world.service.positions.get("intro")?.seconds, 201);
    assert.deepEqual(keys(world), []);
    assert.equal(tracker.status, "saved");
  });

  it("sends what this lecture left before what others did: the resume waits for it alone", async () => {
    const world = newWorld();
    await watchOffline(world, 200, "intro");
    await watchOffline(world, 300, "types");
    sit(world);
    await world.clock.advance(100);
    assert.deepEqual(world.service.savedSeconds.slice(-2), [201, 301]);
  });

  it("sends also what other lectures left", async () => {
    const world = newWorld();
    await watchOffline(world, 200, "intro");
    await watchOffline(world, 300, "types");
    sit(world, { options: { lectureId: "generics" } });
    await world.clock.advance(100);
    assert.deepEqual([...world.service.positions.keys()].toSorted(), ["intro", "types"]);
    assert.deepEqual(keys(world), []);
  });

  it("a sitting that began without a network fills an empty place, and replaces nothing", async () => {
    const world = newWorld();
    world.service.store("intro", 700);
    await watchOffline(world, 200);
    sit(world);
    await world.clock.advance(100);
    assert.equal(world.service.positions.get("intro")?.seconds, 700);
    assert.equal(world.service.saves[0]!.body.sessionStartedAt, 0);
    assert.deepEqual(keys(world), []);
  });

  it("a second sitting without a network goes on from the first, and its position is the one that is sent", async () => {
    const world = newWorld();
    await watchOffline(world, 200);
    await watchOffline(world, 300);
    sit(world);
    await world.clock.advance(100);
    assert.equal(world.service.positions.get("intro")?.seconds, 301);
  });

  it("a network that comes back during the sitting gives later positions the service's time", async () => {
    const world = newWorld();
    world.service.fate = () => "drop";
    const { clock, service, video, tracker } = sit(world);
    await clock.advance(100);
    video.play();
    await clock.advance(20_000);
    service.fate = () => undefined;
    await clock.advance(70_000);
    const { sessionStartedAt, elapsedMs } = service.saves.at(-1)!.body;
    assert.ok(Math.abs(sessionStartedAt + elapsedMs - service.now) < 6_000);
    video.pause();
    await clock.advance(100);
    assert.equal(tracker.status, "saved");
    assert.deepEqual(keys(world), []);
  });

  it("a position that is acknowledged but not durable yet stays, and heals a service that lost it", async () => {
    const world = newWorld();
    world.service.store("intro", 60);
    world.service.persisted = null;
    const { clock, video, tracker } = sit(world);
    await clock.advance(100);
    video.currentTime = 400;
    await clock.advance(500);
    assert.equal(tracker.status, "saved");
    assert.equal(keys(world).length, 1);
    tracker.stop();

    world.service.positions.clear();
    world.service.persisted = undefined;
    const { seen } = sit(world);
    await clock.advance(100);
    assert.equal(world.service.positions.get("intro")?.seconds, 400);
    assert.deepEqual(seen("resumed"), [{ position: 400 }]);
    assert.deepEqual(keys(world), []);
  });

  it("keeps a position until exactly its own stamp is durable", async () => {
    const world = newWorld();
    world.service.persisted = "0".repeat(37);
    const { clock, video, service } = sit(world);
    await clock.advance(100);
    video.currentTime = 400;
    await clock.advance(500);
    assert.equal(keys(world).length, 1);
    service.persisted = service.positions.get("intro")!.stamp;
    video.currentTime = 500;
    await clock.advance(500);
    assert.equal(keys(world).length, 1, "the newer position is not durable");
    service.persisted = undefined;
    video.currentTime = 600;
    await clock.advance(500);
    assert.deepEqual(keys(world), []);
  });

  it("keeps at most 64 lectures, the newest, in at most 32 kB", async () => {
    const world = newWorld();
    const name = (index: number): string => `${index}`.padStart(64, "lecture-");
    for (let index = 0; index < 70; index++) await watchOffline(world, 100 + index, name(index));
    assert.equal(keys(world).length, 64);
    const kept = keys(world).join();
    assert.ok(!kept.includes(name(5)) && kept.includes(name(6)) && kept.includes(name(69)));
    const size = Object.entries(world.profile.storage).reduce((sum, entry) => sum + entry.join("").length, 0);
    assert.ok(size <= 32_000, `${size}`);
  });

  it("forgets after 30 days", async () => {
    const world = newWorld();
    await watchOffline(world, 200);
    world.clock.sleep(30 * dayMs - 60_000);
    await watchOffline(world, 300, "types");
    assert.equal(keys(world).length, 2);
    world.clock.sleep(120_000);
    sit(world, { options: { lectureId: "generics" } });
    await world.clock.advance(100);
    assert.deepEqual([...world.service.positions.keys()], ["types"]);
    assert.deepEqual(keys(world), []);
  });

  it("never sends one student's positions as another's who shares the browser", async () => {
    const world = newWorld();
    await watchOffline(world, 200, "intro", "ada");
    const { clock } = sit(world, { options: { getToken: () => tokenOf("bob") } });
    await clock.advance(1_000);
    assert.deepEqual(world.service.saves, []);
    assert.equal(keys(world).length, 1);
    sit(world, { options: { getToken: () => tokenOf("ada") } });
    await clock.advance(1_000);
    assert.equal(world.service.saves.length, 1);
  });

  it("writes down neither the student's id nor the token", async () => {
    const world = newWorld();
    await watchOffline(world, 200, "intro", "ada-lovelace@example.org");
    const written = JSON.stringify(world.profile.storage);
    assert.doesNotMatch(written, /ada|signature|token/);
  });

  it("keeps nothing for a token that names no student, unless the page does", async () => {
    const world = newWorld();
    const { clock, video } = sit(world, { options: { getToken: () => "opaque" } });
    await clock.advance(100);
    world.service.fate = () => "drop";
    video.currentTime = 100;
    await clock.advance(500);
    assert.deepEqual(keys(world), []);

    world.service.fate = () => undefined;
    const named = sit(world, { options: { getToken: () => "opaque", userId: "ada", lectureId: "types" } });
    await clock.advance(100);
    world.service.fate = () => "drop";
    named.video.currentTime = 100;
    await clock.advance(500);
    assert.equal(keys(world).length, 1);
  });

  it("leaves what a newer tab has written", async () => {
    const world = newWorld();
    world.service.persisted = null;
    const first = sit(world);
    await world.clock.advance(100);
    first.video.currentTime = 100;
    await world.clock.advance(500);
    const second = sit(world);
    await world.clock.advance(100);
    second.video.play();
    second.video.currentTime = 300;
    await world.clock.advance(500);
    first.tracker.stop();
    const [kept] = Object.values(world.profile.storage) as string[];
    assert.match(kept!, /"watchTime":300/);
  });

  for (const trouble of ["forbidden", "full", "corrupt"] as const) {
    it(`works with a storage that is ${trouble}`, async () => {
      const world = newWorld();
      if (trouble === "full") fill(world.profile.storage);
      if (trouble === "corrupt") {
        Object.defineProperty(world.profile.storage, "setItem", { value: corrupting, enumerable: false });
      }
      const { clock, video, service, tracker, browser } = sit(world, {
        before: (parts) => (parts.browser.isStorageForbidden = trouble === "forbidden"),
      });
      await clock.advance(100);
      video.play();
      await clock.advance(12_000);
      browser.leave();
      video.pause();
      await clock.advance(100);
      assert.ok(service.saves.length >= 2);
      assert.equal(tracker.status, "saved");
    });
  }
});

const corrupting = function (this: FakeStorage, key: string): void {
  Object.assign(this, { [key]: "{" });
};
