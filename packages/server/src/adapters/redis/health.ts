import type { PartHealth } from "../../ports/stores.ts";
import { checkRedis, type Finding } from "./checks.ts";
import type { RedisConnection } from "./connection.ts";

export interface RedisHealthOptions {
  /** Refuse to be ready while acknowledged positions could be lost; otherwise only say so. */
  readonly strictDurability: boolean;
  /** Told everything that was found, once for each connection. */
  readonly onFindings?: (findings: readonly Finding[]) => void;
}

/** How soon an unfinished check is tried again. */
const retryMs = 1_000;

/** Whether Redis is there and safe to use. Checks its settings at the start and after every reconnect: another server may answer. */
export class RedisHealth implements Disposable {
  readonly #connection: RedisConnection;
  readonly #options: RedisHealthOptions;
  #verdict: PartHealth = { status: "unavailable", detail: "The settings of Redis have not been checked yet." };
  #checks = 0;
  #check: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(connection: RedisConnection, options: RedisHealthOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.onConnected(() => this.#look());
  }

  /** Now, without asking Redis. */
  get health(): PartHealth {
    const { problem } = this.#connection;
    return problem === null ? this.#verdict : { status: "unavailable", detail: problem };
  }

  /** The verdict of the check under way, which a connection that has just come up may still be waiting for. */
  async checked(): Promise<PartHealth> {
    await this.#check;
    return this.health;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#retry);
    this.#checks = Number.NaN;
  }

  #look(): void {
    clearTimeout(this.#retry);
    this.#check = this.#checkNow();
  }

  async #checkNow(): Promise<void> {
    // Connections may come faster than answers: only the last check counts.
    const number = ++this.#checks;
    try {
      const findings = await checkRedis(this.#connection);
      if (number !== this.#checks) return;
      this.#verdict = this.#judge(findings);
      this.#options.onFindings?.(findings);
    } catch (error) {
      if (number !== this.#checks) return;
      this.#verdict = { status: "unavailable", detail: this.#connection.explain(error) };
      this.#retry = setTimeout(() => this.#look(), retryMs).unref();
    }
  }

  #judge(findings: readonly Finding[]): PartHealth {
    const { strictDurability } = this.#options;
    const refused = findings.filter(
      ({ severity }) => severity === "wrong" || (severity === "unsafe" && strictDurability),
    );
    if (refused.length === 0) return { status: "ok" };
    return { status: "unavailable", detail: refused.map(({ sentence }) => sentence).join(" ") };
  }
}
