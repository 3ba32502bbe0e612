import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../packages/server/src/main.ts", import.meta.url));
const patienceMs = 60_000;

/** The real service in a process of its own, as a demo on a data file of its own. Gone when disposed of. */
export class ServiceProcess implements AsyncDisposable {
  readonly url: string;
  readonly dataFile: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #secret: string;

  private constructor(child: ChildProcess, parts: { url: string; folder: string; secret: string }) {
    this.#child = child;
    this.url = parts.url;
    this.dataFile = dataFileIn(parts.folder);
    this.#folder = parts.folder;
    this.#secret = parts.secret;
  }

  static async start(settings: Record<string, string> = {}): Promise<ServiceProcess> {
    const folder = await mkdtemp(join(tmpdir(), "aetherlearn-e2e-"));
    const child = spawn(process.execPath, [program], {
      // Nothing of this shell's settings, so that it is a demo wherever the tests run.
      env: {
        PATH: process.env["PATH"],
        PORT: "0",
        DATA_FILE: dataFileIn(folder),
        FLUSH_INTERVAL_MS: "200",
        LOG_LEVEL: "warn",
        ...settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      const url = await addressOf(child);
      return new ServiceProcess(child, { url, folder, secret: await readFile(join(folder, "demo-secret"), "utf8") });
    } catch (error) {
      await end(child, folder);
      throw error;
    }
  }

  /** A token as the platform's identity provider would issue it. */
  tokenOf(userId: string, role?: "instructor"): string {
    const claims = { sub: userId, role, exp: Math.floor(Date.now() / 1000) + 3_600 };
    const signed = [{ alg: "HS256" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${signed}.${createHmac("sha256", this.#secret).update(signed).digest("base64url")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child, this.#folder);
  }
}

function dataFileIn(folder: string): string {
  return join(folder, "progress.sqlite");
}

/** Where it says that it listens. Rejects with everything it said when it ends or stays silent instead. */
async function addressOf(child: ChildProcess): Promise<string> {
  let said = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const giveUp = (reason: string): void => reject(new Error(`the service ${reason}:\n${said}`));
  const timer = setTimeout(() => giveUp("did not start in time"), patienceMs);
  child.once("error", reject);
  child.once("exit", (code, signal) => giveUp(`ended with ${code ?? signal}`));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [url] = /http:\/\/127\.0\.0\.1:\d+(?=\/\s)/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    });
  }
  return promise.finally(() => clearTimeout(timer));
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const isOver = await Promise.race([ended, delay(10_000, null, { ref: false })]);
    if (isOver === null) child.kill("SIGKILL");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}
