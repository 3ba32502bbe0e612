import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { buildComponents, buildPage } from "../../build.mjs";
import { launchChromium } from "./chromium.ts";
import { type PageServer, startPageServer } from "./page-server.ts";
import type { Student } from "./student-fixture.ts";

/**
 * Closing it fails the test if the page complained meanwhile: a violation of the Content-Security-Policy, a script
 * error or anything else on the console's error channel.
 */
interface OpenPage extends AsyncDisposable {
  page: Page;
}

/** One browser, one build and one server for a file of tests; everything started here ends with it. */
export interface BrowserBench extends AsyncDisposable {
  server: PageServer;
  open(path: string, options?: BrowserContextOptions & { nowMs?: number }): Promise<OpenPage>;
}

export async function startBrowserBench(student: Student): Promise<BrowserBench> {
  const dist = await mkdtemp(join(tmpdir(), "aetherlearn-dashboard-"));
  const player = join(import.meta.dirname, "stand-in-player.ts");
  await Promise.all([
    buildComponents(dist),
    buildPage(join(dist, "page"), { alias: { "@aetherlearn/player/coverage": player, "@aetherlearn/player": player } }),
  ]);
  const server = await startPageServer(dist, student);
  const browser = await launchChromium();
  // Most tests of a component ask for nothing special: they share one page, and each empties it when it ends.
  let shared: Promise<OpenPage> | undefined;
  return {
    server,
    async open(path, options) {
      if (path !== "/bench" || options) return openPage(browser, server.url + path, options);
      shared ??= openPage(browser, `${server.url}/bench`);
      const { page } = await shared;
      return {
        page,
        [Symbol.asyncDispose]: () => page.evaluate(() => document.querySelector("main")?.replaceChildren()),
      };
    },
    async [Symbol.asyncDispose]() {
      await using stack = new AsyncDisposableStack();
      stack.defer(() => stop(browser, server, dist));
      await (await shared)?.[Symbol.asyncDispose]();
    },
  };
}

async function stop(browser: Browser, server: PageServer, dist: string): Promise<void> {
  await browser.close();
  await server[Symbol.asyncDispose]();
  await rm(dist, { recursive: true, force: true });
}

/**
 * Listens for the next event of this name, from the moment this resolves; calling what it resolves to waits for the event.
 */
export async function listenFor(page: Page, type: string): Promise<() => Promise<unknown>> {
  const event = await page.evaluateHandle((name) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    addEventListener(name, (told) => resolve((told as CustomEvent).detail), { once: true });
    // In an object: a handle to a promise would wait for it.
    return { promise };
  }, type);
  return () => event.evaluate(({ promise }) => promise);
}

async function openPage(
  browser: Browser,
  url: string,
  { nowMs, ...options }: BrowserContextOptions & { nowMs?: number } = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  if (nowMs !== undefined) await page.clock.setFixedTime(nowMs);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A failed answer is the test's own doing where it fails one; everything else is a defect.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  await page.exposeFunction("reportViolation", (directive: string) => complaints.push(`CSP ${directive}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      (window as unknown as { reportViolation: (text: string) => void }).reportViolation(event.effectiveDirective);
    });
  });
  await page.goto(url);
  if (!url.endsWith("/bench")) await page.waitForLoadState("networkidle");
  return {
    page,
    async [Symbol.asyncDispose]() {
      await context.close();
      assert.deepEqual(complaints, [], "the page complained");
    },
  };
}
