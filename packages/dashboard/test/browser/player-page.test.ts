import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { type BrowserBench, startBrowserBench } from "../support/browser-bench.ts";
import { skipWithoutChromium } from "../support/chromium.ts";
import { someStudent } from "../support/student-fixture.ts";

async function playheadOf(page: Page): Promise<number> {
  return page.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime);
}

async function playUntil(page: Page, seconds: number): Promise<void> {
  await page.locator("video").evaluate(async (video: HTMLVideoElement) => {
    video.muted = true;
    await video.play();
  });
  await page.waitForFunction((until) => (document.querySelector("video")?.currentTime ?? 0) > until, seconds);
}

describe("the player page", { skip: skipWithoutChromium() }, () => {
  let bench: BrowserBench;
  before(async () => (bench = await startBrowserBench(someStudent("2025-06-03"))));
  after(() => bench[Symbol.asyncDispose]());
  beforeEach(() => (bench.server.student = someStudent("2025-06-03")));

  test("every demo lecture is a video this browser plays", async () => {
    await using opened = await bench.open("/#/watch/typescript/l1");
    const { page } = opened;
    for (const [title, lecture, seconds] of [
      ["Why types", "l1", 90],
      ["Narrowing", "l2", 75],
      ["Generics that help", "l3", 60],
    ] as const) {
      await page.getByRole("link", { name: title }).click();
      await page.getByRole("heading", { name: title }).waitFor();
      await page.waitForFunction(() => (document.querySelector("video")?.readyState ?? 0) >= 2);
      const duration = await page.locator("video").evaluate((video: HTMLVideoElement) => video.duration);
      assert.ok(Math.abs(duration - seconds) < 0.2, `${lecture} lasts ${duration} s`);
    }
  });

  test("what the service holds is shown live, and a reload goes on there", async () => {
    await using opened = await bench.open("/#/watch/typescript/l2");
    const { page } = opened;
    await page.waitForFunction(() => document.querySelector("video")?.currentTime === 41.5);
    assert.equal(await page.locator('[data-fact="saved"]').innerText(), "0:41.5");
    assert.equal(await page.locator('[data-fact="coverage"]').innerText(), "12 %");
    await playUntil(page, 43.5);
    await page.locator("video").evaluate((video: HTMLVideoElement) => video.pause());
    await page.waitForFunction(() => /0:4[3-6]/.test(document.querySelector('[data-fact="saved"]')?.textContent ?? ""));
    await page.locator('[data-status="saved"]').waitFor();
    const stopped = await playheadOf(page);
    await page.reload();
    await page.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 0);
    assert.ok(Math.abs((await playheadOf(page)) - stopped) < 1);
  });

  test("a lecture marked as done is done in the list and on the dashboard", async () => {
    await using opened = await bench.open("/#/watch/typescript/l2");
    const { page } = opened;
    await page.getByRole("button", { name: "Mark as done" }).click();
    await page.getByText("Done", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Your learning" }).click();
    await page.getByText("2 of 3 lectures").first().waitFor();
  });

  test("a newer position of another device is offered, and the student decides", async () => {
    await using opened = await bench.open("/#/watch/typescript/l1");
    const { page } = opened;
    await page.locator('[data-status="idle"]').waitFor();
    const tellOfElsewhere = async (): Promise<void> =>
      page.evaluate(() => void dispatchEvent(new CustomEvent("stand-in-elsewhere", { detail: 30 })));
    const here = await playheadOf(page);
    await tellOfElsewhere();
    await page.getByText("You went on to 0:30.0 on a phone").waitFor();
    await page.getByRole("button", { name: "Stay here" }).click();
    assert.equal(await playheadOf(page), here);
    await tellOfElsewhere();
    await page.getByRole("button", { name: "Go there" }).click();
    assert.equal(await playheadOf(page), 30);
    assert.equal(await page.getByRole("button", { name: "Go there" }).count(), 0);
  });

  test("leaving a lecture ends its video", async () => {
    await using opened = await bench.open("/#/watch/typescript/l1");
    await playUntil(opened.page, 0.5);
    await opened.page.getByRole("link", { name: "Narrowing" }).click();
    await opened.page.getByRole("heading", { name: "Narrowing" }).waitFor();
    assert.equal(await opened.page.locator("video").count(), 1);
    assert.equal(await opened.page.locator("video").evaluate((video: HTMLVideoElement) => video.paused), true);
  });

  test("a course opens at the lecture to go on with", async () => {
    await using opened = await bench.open("/#/watch/statistics");
    await opened.page.getByRole("heading", { name: "Testing a hunch" }).waitFor();
  });
});
