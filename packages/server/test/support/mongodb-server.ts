import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { type Document, MongoClient } from "mongodb";
import { freePort } from "./free-port.ts";
import { TempFolder } from "./temp-folder.ts";

const program = process.env["MONGOD"] ?? "mongod";

/** Why the tests that need MongoDB are skipped; false when they run, or must. */
export const withoutMongod: string | false =
  isInstalled(program) || process.env["REQUIRE_REAL_STORES"] === "1"
    ? false
    : `no ${program} here: install MongoDB, or set MONGOD to the path of a mongod`;

/** What a fail point of mongod does to the commands it names. */
export interface CommandFault {
  readonly failCommands: readonly string[];
  readonly namespace?: string;
  readonly errorCode?: number;
  readonly closeConnection?: boolean;
  readonly blockConnection?: boolean;
  readonly blockTimeMS?: number;
  readonly writeConcernError?: { readonly code: number; readonly errmsg: string };
}

/** A real mongod with a folder of its own, ended and gone afterwards. */
export class MongodbServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TempFolder;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: TempFolder) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<MongodbServer> {
    const server = new MongodbServer(await freePort(), await TempFolder.create());
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  url(database: string, options = "monitorCommands=true"): string {
    return `mongodb://127.0.0.1:${this.port}/${database}?${options}`;
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error("The server is not running.");
    return this.#process.pid;
  }

  /** Starts it again after {@link kill}, with the data it had. */
  async restart(): Promise<void> {
    const options = ["--port", String(this.port), "--dbpath", this.#folder.path, "--bind_ip", "127.0.0.1"];
    this.#process = spawn(program, [...options, "--setParameter", "enableTestCommands=1"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const started = this.#process;
    // A test process that ends early, by a failure of its own, must leave no server behind.
    const end = (): boolean => started.kill("SIGKILL");
    process.once("exit", end);
    started.once("exit", () => process.off("exit", end));
    await isWaiting(started);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exit = once(running, "exit");
    running.kill("SIGKILL");
    await exit;
  }

  /** The process stands still; connections stay open. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Lets commands fail until disposed of, or as often as `times` says. */
  async fail(fault: CommandFault, mode: "alwaysOn" | { times: number } = { times: 1 }): Promise<AsyncDisposable> {
    await this.#command({ configureFailPoint: "failCommand", mode, data: fault });
    return {
      [Symbol.asyncDispose]: () => this.#command({ configureFailPoint: "failCommand", mode: "off" }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#folder[Symbol.asyncDispose]();
  }

  async #command(command: Document): Promise<void> {
    const client = new MongoClient(this.url("admin", "directConnection=true"));
    try {
      await client.db("admin").command(command);
    } finally {
      await client.close();
    }
  }
}

async function isWaiting(server: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = "";
  const listen = (chunk: Buffer): void => {
    output += chunk.toString();
    if (output.includes("Waiting for connections")) resolve();
  };
  server.stdout?.on("data", listen);
  server.stderr?.on("data", listen);
  server.once("error", (cause) =>
    reject(new Error(`${program} cannot be started: set MONGOD to a mongod.`, { cause })),
  );
  server.once("exit", (code) => reject(new Error(`${program} ended with ${code} at its start:\n${output}`)));
  await promise;
}

function isInstalled(name: string): boolean {
  const places = name.includes("/") ? [name] : (process.env["PATH"] ?? "").split(delimiter).map((p) => join(p, name));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
