import assert from "node:assert/strict";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { Tab, type Frame } from "./tab.ts";
import { course, lecture } from "./student.ts";

declare global {
  interface Window {
    tellFrame: (frame: Frame) => void;
    tellViolation: (directive: string) => void;
  }
}

export interface DeviceOptions extends BrowserContextOptions {
  /** Whose device it is; by default the demo student's. */
  readonly token?: string;
}

/**
 * One browser profile with storage of its own: a laptop, or a phone. Closing it fails the test if a page complained
 * meanwhile: a violation of the Content-Security-Policy, a script error, anything on the console's error channel.
 */
export class Device implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #tabs = new Map<Page, Tab>();
  readonly #complaints: string[] = [];
  isOffline = false;

  private constructor(context: BrowserContext) {
    this.context = context;
  }

  static async start(browser: Browser, url: string, { token, ...options }: DeviceOptions = {}): Promise<Device> {
    const context = await browser.newContext({ baseURL: url, locale: "en-GB", reducedMotion: "reduce", ...options });
    const device = new Device(context);
    await context.exposeBinding("tellFrame", ({ page }, frame: Frame) => device.#tabs.get(page)?.see(frame));
    await context.exposeFunction("tellViolation", (directive: string) => device.#complain(`CSP: ${directive}`));
    await context.addInitScript(watchPage);
    if (token !== undefined) await context.addInitScript(signIn, { token, media: { [`${course}/${lecture}`]: video } });
    context.on("page", (page) => device.#listen(page));
    return device;
  }

  /** A tab on the lecture, when the stored position has been applied or there is none. */
  async openLecture(): Promise<Tab> {
    const tab = await this.newTab();
    await tab.openLecture();
    return tab;
  }

  async newTab(): Promise<Tab> {
    const page = await this.context.newPage();
    const tab = new Tab(page);
    this.#tabs.set(page, tab);
    return tab;
  }

  async setOffline(isOffline: boolean): Promise<void> {
    this.isOffline ||= isOffline;
    await this.context.setOffline(isOffline);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    assert.deepEqual(this.#complaints, [], "a page complained");
  }

  #listen(page: Page): void {
    page.on("pageerror", (error) => this.#complain(String(error)));
    page.on("console", (message) => {
      // Requests that fail are what being offline means; everything else is a defect.
      const isNetwork = this.isOffline && message.text().includes("net::ERR_INTERNET_DISCONNECTED");
      if (message.type() === "error" && !isNetwork) this.#complain(message.text());
    });
  }

  #complain(text: string): void {
    this.#complaints.push(text);
  }
}

const video = "/demo/media/lecture-1.mp4";

/** Runs in the page: what a platform's own script would do. */
function signIn({ token, media }: { token: string; media: Record<string, string> }): void {
  Object.assign(window, { aetherlearn: { getToken: () => token, media } });
}

/** Runs in the page: tells every frame that is shown, and where the playhead stands in between. */
function watchPage(): void {
  document.addEventListener("securitypolicyviolation", (event) => window.tellViolation(event.effectiveDirective));
  const seen = new WeakSet<HTMLVideoElement>();
  const tell = (player: HTMLVideoElement): void => {
    if (player.readyState < 2 || player.seeking) return;
    window.tellFrame({ page: performance.timeOrigin, seconds: player.currentTime });
  };
  const follow = (player: HTMLVideoElement): void => {
    player.requestVideoFrameCallback(() => {
      tell(player);
      follow(player);
    });
  };
  setInterval(() => {
    const player = document.querySelector("video");
    if (!player) return;
    if (!seen.has(player)) follow(player);
    seen.add(player);
    tell(player);
  }, 100);
}
