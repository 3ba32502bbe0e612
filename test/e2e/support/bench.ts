import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { buildPage } from "../../../packages/dashboard/build.mjs";
import { launchChromium } from "../../../packages/dashboard/test/support/chromium.ts";
import { Device, type DeviceOptions } from "./device.ts";
import { Platform } from "./platform.ts";
import { PositionHistory } from "./position-history.ts";
import { ServiceProcess } from "./service-process.ts";
import { Student } from "./student.ts";
import type { Tab } from "./tab.ts";

const tolerance = 1;

/** One measured resume: what the student saw last, and where the next page began. */
interface Measurement {
  readonly name: string;
  readonly shown: number;
  readonly resumed: number;
}

/** One browser and one service for all cases; everything started here ends with it. */
export class Bench implements AsyncDisposable {
  readonly browser: Browser;
  readonly service: ServiceProcess;
  /** A site whose pages may use the service's API. */
  readonly platform: Platform;
  readonly measurements: Measurement[] = [];
  readonly #history: PositionHistory;
  readonly #stack: AsyncDisposableStack;
  #students = 0;

  private constructor(
    parts: { browser: Browser; service: ServiceProcess; platform: Platform; history: PositionHistory },
    stack: AsyncDisposableStack,
  ) {
    this.browser = parts.browser;
    this.service = parts.service;
    this.platform = parts.platform;
    this.#history = parts.history;
    this.#stack = stack;
  }

  static async start(): Promise<Bench> {
    await using stack = new AsyncDisposableStack();
    await buildPage();
    const platform = stack.use(await Platform.open());
    const service = stack.use(await ServiceProcess.start({ CORS_ORIGINS: platform.origin }));
    const history = stack.use(new PositionHistory(service.dataFile));
    const browser = stack.adopt(await launchChromium(), (launched) => launched.close());
    return new Bench({ browser, service, platform, history }, stack.move());
  }

  /** Lets a new student go through `story`; whatever happens in it, the service must never lose their position. */
  async tell(story: (scene: Scene) => Promise<void>): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const userId = `student-${++this.#students}`;
    const student = stack.use(new Student(this.service.url, this.service.tokenOf(userId)));
    await story({
      student,
      device: async (options) => stack.use(await this.device({ token: student.token, ...options })),
      measure: (name, tab, shown) => this.#measure(name, tab, shown),
    });
    assertNeverStart(this.#history.of(userId));
    student.assertNeverLost();
  }

  device(options?: DeviceOptions): Promise<Device> {
    return Device.start(this.browser, this.service.url, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #measure(name: string, tab: Tab, shown: number): Promise<void> {
    const resumed = await tab.resumedAt();
    this.measurements.push({ name, shown, resumed });
    assert.ok(Math.abs(resumed - shown) <= tolerance, `${name}: saw ${shown} last, went on at ${resumed}`);
  }
}

/** @throws AssertionError when the start of the lecture, or nothing, was ever held */
function assertNeverStart(held: readonly number[]): void {
  assert.ok(held.length > 0, "the service never held a position");
  assert.ok(Math.min(...held) > 1, `the service held ${held.join(", ")}`);
}

/** What a story is told with. */
export interface Scene {
  readonly student: Student;
  /** Another device of this student, with nothing stored on it. */
  readonly device: (options?: DeviceOptions) => Promise<Device>;
  /** Takes down where the page in `tab` goes on after `shown` was seen last, and fails when they are too far apart. */
  readonly measure: (name: string, tab: Tab, shown: number) => Promise<void>;
}
