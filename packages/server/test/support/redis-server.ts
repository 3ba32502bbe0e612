import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { TempFolder } from "./temp-folder.ts";

const program = process.env["REDIS_SERVER"] ?? "redis-server";

/** Why tests with a real Redis cannot run here; false when they can. With REQUIRE_REAL_STORES=1 a missing one fails. */
export function redisIsMissing(): string | false {
  if (spawnSync(program, ["--version"]).status === 0) return false;
  const reason = `"${program}" cannot be run: install Redis 6.2 or later, or set REDIS_SERVER to its program.`;
  if (process.env["REQUIRE_REAL_STORES"] === "1") throw new Error(reason);
  return reason;
}

/**
 * What a start-up check accepts. Under `everysec` a killed process can lose up to two seconds: while a sync of the disk takes
 * long, Redis answers first and writes its log later. A test that kills it and expects everything back says `always`.
 */
const safeSettings = {
  appendonly: "yes",
  appendfsync: "everysec",
  save: "",
  "maxmemory-policy": "noeviction",
  daemonize: "no",
};

export interface RedisServerOptions {
  /** Settings as in redis.conf, on top of safe ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What the settings demand of clients. */
  readonly password?: string;
  /** The environment it runs in, besides the test's own. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A real redis-server on a port and in a folder of its own, ended with the test, also when the test fails. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TempFolder;
  readonly #options: RedisServerOptions;
  readonly #clients: Redis[] = [];
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: TempFolder, options: RedisServerOptions) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = await TempFolder.create();
    const server = new RedisServer(await freePort(), folder, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error("The server is not running.");
    return this.#process.pid;
  }

  /** Starts it (again), over the same folder; settings given here hold until it ends. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.launch(settings);
    await this.#answers();
  }

  /** Starts it (again) and does not wait: it may have much to load. */
  launch(settings: Readonly<Record<string, string>> = {}): void {
    const place = { port: String(this.port), bind: "127.0.0.1", dir: this.#folder.path };
    const all = { ...place, ...safeSettings, ...this.#options.settings, ...settings };
    const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
    const started = spawn(program, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...this.#options.env },
    });
    this.#process = started;
    // A test process that ends early, by a failure of its own, must leave no server behind.
    const end = (): boolean => started.kill("SIGKILL");
    process.once("exit", end);
    started.once("exit", () => process.off("exit", end));
  }

  /** The process dies at once, as with a power cut that spares the disk. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** The process stands still; connections stay open. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** A plain connection, for looking behind the adapters' back; it ends with the server. */
  client(): Redis {
    const { password } = this.#options;
    const client = new Redis(this.url, password === undefined ? {} : { password });
    // Tests take servers away; whoever asks then is told by the answer.
    client.on("error", () => undefined);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await this.#end("SIGKILL");
    await this.#folder[Symbol.asyncDispose]();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill(signal);
    await ended;
  }

  async #answers(): Promise<void> {
    const { password } = this.#options;
    const client = new Redis(this.url, {
      lazyConnect: true,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      ...(password !== undefined && { password }),
    });
    client.on("error", () => undefined);
    try {
      for (let attempt = 0; attempt < 200; attempt++) {
        if (this.#process?.exitCode !== null) throw new Error(`${program} on port ${this.port} has ended.`);
        if (
          (await client.connect().then(
            () => client.ping(),
            () => "",
          )) === "PONG"
        )
          return;
        client.disconnect();
        await delay(25);
      }
      throw new Error(`${program} on port ${this.port} does not answer.`);
    } finally {
      client.disconnect();
    }
  }
}

/** A port that nobody listens on just now, low enough that a Cluster's second port (10,000 above) exists too. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port === port;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
