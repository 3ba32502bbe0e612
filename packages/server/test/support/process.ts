import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { after } from "node:test";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Compiled code outlives the processes: each starts in half the time. */
export const compileCache: string = fileURLToPath(new URL("../../../../.cache/compiled", import.meta.url));

/** What processes under test check tokens with, unless a test runs the demo. */
export const jwtSecret = "the-secret-of-processes-under-test";

/** A service with tokens of the tests, on a free port of this machine only. Nothing of the test's own environment goes along. */
const settingsByDefault = { HOST: "127.0.0.1", PORT: "0", JWT_SECRET: jwtSecret, RATE_LIMIT_PER_SECOND: "100000" };

/** A crowded machine starts slowly; what never starts has to end all the same. */
const startTimeoutMs = 120_000;
const welcome = /listens on (http:\S+)\. API|Student's page +(http:\S+)\//;

/** Settings; one that is undefined is left out, also if it has a default above. */
export type Settings = Readonly<Record<string, string | undefined>>;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface ProcessOptions {
  readonly args?: readonly string[];
  /** A module that is loaded before the service. */
  readonly preload?: string;
  /** The folder it is started in. */
  readonly folder?: string;
}

const alive = new Set<ChildProcessByStdio<null, Readable, Readable>>();
const endAll = (): void => alive.forEach((child) => child.kill("SIGKILL"));
// Whatever a failed test left behind goes when the file is done. Outside the test runner this is no test, and ends by itself.
if (process.env["NODE_TEST_CONTEXT"] !== undefined) after(endAll);
process.on("exit", endAll);
// A runner that gives up sends this; what was started goes along.
process.once("SIGTERM", () => process.exit(1));

/** The program in a process of its own, with all it prints. Disposing of it kills what is left of it. */
export class ServiceProcess implements AsyncDisposable {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #output = "";
  #url: string | undefined;

  private constructor(settings: Settings, { args = [], preload, folder }: ProcessOptions) {
    const nodeArgs = preload === undefined ? [] : ["--import", preload];
    const { PATH } = process.env;
    this.#child = spawn(process.execPath, [...nodeArgs, main, ...args], {
      env: { PATH, NODE_COMPILE_CACHE: compileCache, ...settingsByDefault, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folder,
    });
    alive.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        alive.delete(this.#child);
        resolve({ code, signal });
      });
    });
  }

  /** Does not wait for anything. */
  static launch(settings: Settings): ServiceProcess {
    return new ServiceProcess(settings, {});
  }

  /** Resolves when it listens; rejects, with what it printed, when it does not. */
  static async start(settings: Settings = {}, options: ProcessOptions = {}): Promise<ServiceProcess> {
    const service = new ServiceProcess(settings, options);
    try {
      await service.#listening();
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs to the end of a program that is expected to end by itself. */
  static async runToEnd(
    settings: Settings = {},
    options: ProcessOptions = {},
  ): Promise<{ code: number | null; output: string }> {
    await using service = new ServiceProcess(settings, options);
    const timeout = setTimeout(() => service.signal("SIGKILL"), startTimeoutMs);
    const { code } = await service.ended;
    clearTimeout(timeout);
    return { code, output: service.output };
  }

  get url(): string {
    if (this.#url === undefined) throw new Error("The process does not listen.");
    return this.#url;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("The process could not be started.");
    return this.#child.pid;
  }

  /** All it has printed so far, on both streams. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when the process stands still; SIGCONT lets it go on. */
  async pause(): Promise<void> {
    this.signal("SIGSTOP");
    const { pid } = this.#child;
    // What arrives before the machine has got round to it would be seen before the rest.
    while (
      !spawnSync("ps", ["-o", "state=", "-p", String(pid)])
        .stdout.toString()
        .startsWith("T")
    )
      await delay(5);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** From now on nobody reads what it prints. */
  closeOutput(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  async kill(): Promise<Ending> {
    this.signal("SIGKILL");
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }

  async #listening(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (what: string): void => reject(new Error(`The service ${what}. It printed:\n${this.#output}`));
    const timeout = setTimeout(() => fail("took too long to start"), startTimeoutMs);
    this.#child.once("close", () => fail("ended at its start"));
    this.#child.stdout.on("data", () => {
      const [, service, demo] = welcome.exec(this.#output) ?? [];
      this.#url ??= service ?? demo;
      if (this.#url !== undefined) resolve();
    });
    await promise.finally(() => clearTimeout(timeout));
  }
}
