import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type * as Player from "../src/index.ts";
import { FakeBrowser } from "./support/fake-browser.ts";
import { FakeVideo } from "./support/fake-video.ts";
import { newWorld, tokenOf } from "./support/sitting.ts";

const here = new URL("../", import.meta.url);

const browserEvents = [
  ["play", "playing", "waiting", "pause", "ended", "seeking", "seeked", "ratechange", "timeupdate", "emptied"],
  ["loadedmetadata", "canplay", "visibilitychange", "freeze", "pagehide", "online"],
].flat();
const built = (file: string): string => readFileSync(new URL(`dist/${file}`, here), "utf8");

describe("what is published", () => {
  before(() => void execFileSync(process.execPath, ["size.ts"], { cwd: here }));
  after(() => Reflect.deleteProperty(globalThis, "window"));

  it("resumes, saves, survives being offline, and completes, shortened names and all", async () => {
    const { track } = (await import(new URL("dist/index.js", here).href)) as typeof Player;
    const { clock, service, profile } = newWorld();
    service.store("intro", 300);
    const video = new FakeVideo(clock);
    video.load();
    const browser = new FakeBrowser(clock, service, profile);
    Object.assign(globalThis, { window: browser });
    const statuses: Player.TrackerStatus[] = [];
    const options = { endpoint: "/api/v1", getToken: () => tokenOf("ada"), courseId: "ts", lectureId: "intro" };
    const tracker = track(video, options);
    tracker.on("status", (status) => statuses.push(status));
    await clock.advance(100);
    assert.equal(tracker.position, 300);
    video.play();
    await clock.advance(7_000);
    service.fate = () => "drop";
    browser.hide();
    await clock.advance(400);
    assert.equal(Object.keys(profile.storage).length, 1);
    service.fate = () => undefined;
    browser.dispatchEvent(new Event("online"));
    await clock.advance(100);
    const done = tracker.complete();
    await clock.advance(100);
    await done;
    assert.deepEqual(statuses, ["saving", "saved", "saving", "saved", "saving", "offline", "saved", "saving", "saved"]);
    assert.ok(service.positions.get("intro")!.seconds > 307);
    assert.deepEqual([...service.completed], ["intro"]);
    assert.ok(tracker.coverage > 0.007);
    assert.ok(tracker.playedRanges[0]![0] === 300);
    tracker.stop();
  });

  it("shortens no name of the browser's", () => {
    for (const event of browserEvents) assert.match(built("index.js"), new RegExp(`\\b${event}:`), event);
  });

  it("imports nothing in the core, and only the core and React in the hook", () => {
    const imports = (file: string): string[] => [...built(file).matchAll(/from ?"([^"]+)"/g)].map(([, name]) => name!);
    assert.deepEqual(imports("index.js"), []);
    assert.deepEqual(imports("coverage.js"), []);
    assert.deepEqual(imports("react.js").toSorted(), ["./index.js", "react"]);
  });
});
