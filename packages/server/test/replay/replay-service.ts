import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { issueToken } from "../../src/demo/token.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { type Service, startService } from "../../src/service.ts";

const secret = "a secret that only this replay knows";

/** One data file that services can be started on, one after another; gone afterwards. */
export class ReplayPlace implements AsyncDisposable {
  readonly dataFile: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.dataFile = join(folder, "progress.sqlite");
  }

  /** In memory where there is such a folder: a replay commits ten thousands of times, and is about what is committed. */
  static async create(): Promise<ReplayPlace> {
    const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    return new ReplayPlace(await mkdtemp(join(parent, "aetherlearn-replay-")));
  }

  start(options: { flushIntervalMs?: number; clock?: Clock } = {}): Promise<Service> {
    const { flushIntervalMs = 300_000, clock } = options;
    const config = readConfig({
      HOST: "127.0.0.1",
      PORT: "0",
      DATA_FILE: this.dataFile,
      JWT_SECRET: secret,
      FLUSH_INTERVAL_MS: String(flushIntervalMs),
      // A replayed student lives faster than a real one.
      RATE_LIMIT_PER_SECOND: "1000000",
      LOG_LEVEL: "warn",
    });
    return startService(config, clock && { clock });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function tokenOf(sub: string, role?: string): Promise<string> {
  const { token } = await issueToken(secret, { sub, ...(role !== undefined && { role }) });
  return token;
}
