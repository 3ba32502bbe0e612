import type { Redis } from "ioredis";
import { connect, isUp, mastersOf, onConnected, type RedisClient, up } from "./driver.ts";
import { explain } from "./failures.ts";
import { parseRedisUrl, type RedisAddress } from "./redis-url.ts";

export interface RedisConnectionOptions {
  readonly url: string;
  /** Told what is wrong whenever that changes, and null when all is well again. Never shows a password. */
  readonly onProblem?: (problem: string | null) => void;
}

/**
 * The two connections to Redis, be it one server, one with replicas behind an address, or a Cluster.
 *
 * `ingest` carries saves and nothing else, so that no large read goes before them; `general` carries the rest. Neither
 * queues while it is down and neither sends anything twice: what is not answered in time, or was under way when the
 * connection broke, is rejected at once. Both reconnect for ever, and start without a server.
 */
export class RedisConnection implements AsyncDisposable {
  readonly ingest: RedisClient;
  readonly general: RedisClient;
  readonly isCluster: boolean;
  readonly #address: RedisAddress;
  readonly #onProblem: (problem: string | null) => void;
  #problem: string | null;

  /** @throws RedisUrlError */
  constructor({ url, onProblem = () => undefined }: RedisConnectionOptions) {
    this.#address = parseRedisUrl(url);
    this.#onProblem = onProblem;
    this.#problem = `Redis at ${this.#address.shown} has not answered yet.`;
    this.isCluster = this.#address.isCluster;
    this.ingest = connect(this.#address);
    this.general = connect(this.#address);
    for (const client of [this.ingest, this.general]) {
      client.on("error", (error: Error) => this.#failed(error));
      client.on("node error", (error: Error) => this.#failed(error));
      onConnected(client, () => this.#recovered());
    }
  }

  /** The address without user and password. */
  get shownAddress(): string {
    return this.#address.shown;
  }

  /** What is wrong with the connection, and what to do about it; null when it is up. */
  get problem(): string | null {
    const down = [this.ingest, this.general].filter((client) => !isUp(client));
    if (down.length === 0) return null;
    const { shown } = this.#address;
    // The driver waits by itself while a server is loading, and tells nobody.
    if (down.every(({ status }) => status === "connect")) {
      return `Redis at ${shown} is connected to and not ready: it loads its data, or stands still.`;
    }
    return this.#problem ?? `Redis at ${shown} cannot be reached.`;
  }

  /** Resolves when both connections are up; that may be never. */
  async ready(): Promise<void> {
    await Promise.all([this.ingest, this.general].map(up));
  }

  /** One connection to every server that takes writes. */
  masters(): Redis[] {
    return mastersOf(this.general);
  }

  /** Calls back whenever a server has been (re)connected: another one, or another configuration, may have come back. */
  onConnected(callback: () => void): void {
    onConnected(this.general, callback);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of [this.ingest, this.general]) client.disconnect();
  }

  #failed(error: Error): void {
    // A Cluster tells that it has found no node, and hides why the last of them did not answer.
    const cause = "lastNodeError" in error && error.lastNodeError instanceof Error ? error.lastNodeError : error;
    this.#tell(this.explain(cause));
  }

  /** What an operator should do about an error of this connection. */
  explain(error: unknown): string {
    return explain(error, this.#address.shown, this.#address);
  }

  #recovered(): void {
    if (this.problem === null) this.#tell(null);
  }

  #tell(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#onProblem(problem);
  }
}
