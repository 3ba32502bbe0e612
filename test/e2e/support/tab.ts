import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import { course, lecture } from "./student.ts";

const patienceMs = 120_000;

/** What was on the screen: the second of the lecture, and which load of the page showed it. */
export interface Frame {
  readonly page: number;
  readonly seconds: number;
}

/** One tab with a lecture in it. It knows the last frame that was shown, also after the tab is gone. */
export class Tab {
  readonly page: Page;
  #frames: Frame[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(patienceMs);
  }

  see(frame: Frame): void {
    this.#frames.push(frame);
  }

  /** Second of the lecture that the student saw last, before this page was loaded anew or after it was closed. */
  lastShown(before: number = Infinity): number {
    const frame = this.#frames.findLast(({ page }) => page < before);
    assert.ok(frame, "no frame was shown");
    return frame.seconds;
  }

  async openLecture(): Promise<void> {
    await this.page.goto(`/#/watch/${course}/${lecture}`);
    await this.untilReady();
  }

  /** The tracker has asked what is stored and put the playhead there; the lecture can be played. */
  async untilReady(): Promise<void> {
    await this.page.locator("video").waitFor();
    await this.page.waitForFunction(() => {
      const video = document.querySelector("video");
      const status = document.querySelector<HTMLElement>("[data-status]")?.dataset["status"];
      return video && video.readyState >= 2 && !video.seeking && status !== undefined && status !== "starting";
    });
  }

  /** Where a student who opened this page is put. Waits until the playhead has left the start of the lecture. */
  async resumedAt(): Promise<number> {
    await this.untilReady();
    await this.page
      .waitForFunction(() => {
        const player = document.querySelector("video");
        return player && player.currentTime > 0 && !player.seeking;
      })
      .catch(() => undefined);
    return this.position();
  }

  /** Presses play and waits until this many seconds of the lecture have passed. */
  async play(seconds: number): Promise<void> {
    const from = await this.page.locator("video").evaluate(async (player: HTMLVideoElement) => {
      player.muted = true;
      await player.play();
      return player.currentTime;
    });
    await this.untilPassed(from + seconds);
  }

  async position(): Promise<number> {
    return this.page.locator("video").evaluate((player: HTMLVideoElement) => player.currentTime);
  }

  async untilPassed(seconds: number): Promise<void> {
    await this.page.waitForFunction((goal) => (document.querySelector("video")?.currentTime ?? 0) >= goal, seconds);
  }

  async pause(): Promise<number> {
    return this.page.locator("video").evaluate((player: HTMLVideoElement) => {
      player.pause();
      return player.currentTime;
    });
  }

  async untilPaused(): Promise<void> {
    await this.page.waitForFunction(() => document.querySelector("video")?.paused);
  }

  /** As going to another tab or program does, and coming back; a headless browser shows every tab. */
  async setHidden(isHidden: boolean): Promise<void> {
    await this.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  }

  /** Drags the playhead there and waits for the picture. */
  async seek(seconds: number): Promise<void> {
    await this.page.locator("video").evaluate(async (player: HTMLVideoElement, goal) => {
      const { promise, resolve } = Promise.withResolvers<Event>();
      player.addEventListener("seeked", resolve, { once: true });
      player.currentTime = goal;
      await promise;
    }, seconds);
  }

  async setSpeed(rate: number): Promise<void> {
    await this.page.locator("video").evaluate((player: HTMLVideoElement, speed) => {
      player.playbackRate = speed;
    }, rate);
  }

  /** Waits until the page says so: "saved", "offline", "superseded". */
  async untilStatus(status: string): Promise<void> {
    await this.page.locator(`[data-status="${status}"]`).waitFor();
  }

  /** @returns the second shown last before the reload */
  async reload(): Promise<number> {
    await this.page.reload();
    const loadedAt = await this.page.evaluate(() => performance.timeOrigin);
    return this.lastShown(loadedAt);
  }

  /** As a student closes it: without waiting for anything. @returns the second shown last */
  async close(): Promise<number> {
    await this.page.close();
    return this.#settled();
  }

  /** Ends the tab's own processes, as the system does when memory runs out. @returns the second shown last */
  async kill(processIds: readonly number[]): Promise<number> {
    const crashed = this.page.waitForEvent("crash");
    for (const id of processIds) process.kill(id, "SIGKILL");
    await crashed;
    const shown = await this.#settled();
    await this.page.close();
    return shown;
  }

  /** What the page told last may still be on its way. */
  async #settled(): Promise<number> {
    await delay(50);
    return this.lastShown();
  }
}
