import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const startTimeoutMs = 20_000;

interface ProgramOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** What it reads on its standard input. */
  readonly input?: string;
}

/** A server of the bench in a process of its own; it says where it listens. Disposing of it kills it. */
export class Program implements AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, url: string) {
    this.#child = child;
    this.url = url;
    this.pid = child.pid as number;
  }

  /** @param file beside this one, or in a folder beside it */
  static async start(file: string, { settings = {}, input = "" }: ProgramOptions = {}): Promise<Program> {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const { PATH } = process.env;
    const child = spawn(process.execPath, [path], {
      env: { PATH, NODE_ENV: "production", ...settings },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Whatever happens to the bench, nothing that it has started stays.
    const end = (): boolean => child.kill("SIGKILL");
    process.once("exit", end);
    child.once("exit", () => process.off("exit", end));
    child.stdin.end(input);
    return new Program(child, await addressOf(child, file));
  }

  /** Ends it at once, whatever it is doing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once("exit", () => resolve());
    this.#child.kill("SIGKILL");
    await promise;
  }
}

/** What it complains about matters only while it starts: later it is deprived of its stores on purpose. */
async function addressOf(child: ChildProcessByStdio<Writable, Readable, Readable>, file: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timeout = setTimeout(() => reject(new Error(`${file} did not listen in time.`)), startTimeoutMs);
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints = (complaints + text).slice(-2_000)));
  child.once("exit", (code) => reject(new Error(`${file} ended with ${code} at its start. ${complaints}`)));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const url = /listens on (http:\S+)/.exec(text)?.[1];
    if (url !== undefined) resolve(url);
  });
  return promise.finally(() => clearTimeout(timeout));
}
