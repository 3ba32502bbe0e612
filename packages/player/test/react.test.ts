/* oxlint-disable typescript/no-deprecated -- the only renderer of React that needs no document */
import assert from "node:assert/strict";
import { afterEach, beforeEach, it } from "node:test";
import { act, createElement, type ReactElement, StrictMode } from "react";
import { create, type ReactTestRenderer } from "react-test-renderer";
import type { TrackOptions } from "../src/index.ts";
import { useLectureTracking } from "../src/react.ts";
import { FakeBrowser } from "./support/fake-browser.ts";
import { FakeVideo } from "./support/fake-video.ts";
import { newWorld, tokenOf, type World } from "./support/sitting.ts";

let world: World;
let video: FakeVideo;
let rendered: ReactTestRenderer;

beforeEach(() => {
  world = newWorld();
  video = new FakeVideo(world.clock);
  video.load();
  Object.assign(globalThis, {
    window: new FakeBrowser(world.clock, world.service, world.profile),
    IS_REACT_ACT_ENVIRONMENT: true,
  });
});

afterEach(async () => {
  await act(async () => rendered.unmount());
  Reflect.deleteProperty(globalThis, "window");
});

const options = { endpoint: "/api/v1", getToken: () => tokenOf("ada"), courseId: "ts", lectureId: "intro" };

function Lecture(props: TrackOptions): ReactElement {
  const { ref, status, tracker } = useLectureTracking(props);
  return createElement("video", { ref, "data-status": status, "data-has-tracker": tracker !== null });
}

async function render(element: ReactElement): Promise<void> {
  await act(async () => {
    if (rendered?.toJSON()) rendered.update(element);
    else rendered = create(element, { createNodeMock: () => video });
    await world.clock.advance(200);
  });
}

it("the hook tracks the player it is given, and shows the status", async () => {
  world.service.store("intro", 300);
  await render(createElement(Lecture, options));
  assert.equal(video.currentTime, 300);
  assert.deepEqual(rendered.root.findByType("video").props["data-has-tracker"], true);
  await act(async () => {
    video.play();
    await world.clock.advance(1_000);
  });
  assert.equal(rendered.root.findByType("video").props["data-status"], "saved");
});

it("the hook begins anew with another lecture, and not with another getToken", async () => {
  await render(createElement(Lecture, options));
  await render(createElement(Lecture, { ...options, getToken: () => tokenOf("ada") }));
  assert.equal(world.service.loads.length, 1);
  await render(createElement(Lecture, { ...options, lectureId: "types" }));
  assert.equal(world.service.loads.length, 2);
});

it("the hook leaves one tracker behind in strict mode, which mounts twice", async () => {
  await render(createElement(StrictMode, null, createElement(Lecture, options)));
  await act(async () => {
    video.currentTime = 100;
    await world.clock.advance(500);
  });
  assert.equal(world.service.saves.length, 1);
});
