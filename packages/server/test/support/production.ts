import { type Db, MongoClient } from "mongodb";
import { Client } from "./process-client.ts";
import { ServiceProcess, type Settings } from "./process.ts";
import { until } from "./process-waiting.ts";
import { mongodbRequests } from "./mongodb-requests.ts";
import { MongodbServer, withoutMongod } from "./mongodb-server.ts";
import { redisRequests } from "./redis-requests.ts";
import { redisIsMissing, RedisServer, type RedisServerOptions } from "./redis-server.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** Why tests of the production set-up cannot run here; false when they can. */
export function storesAreMissing(): string | false {
  return redisIsMissing() || withoutMongod;
}

/** A loaded machine may be slow; a test that waits for what never comes must end all the same. */
export const patiently = { withinMs: 30_000 } as const;

interface ProductionOptions {
  readonly redis?: RedisServerOptions;
  readonly settings?: Settings;
}

/** A real Redis and a real MongoDB, and any number of service processes on them; all ended and gone afterwards. */
export class Production implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly mongodb: MongodbServer;
  readonly #settings: Settings;
  readonly #stack: AsyncDisposableStack;

  private constructor(stack: AsyncDisposableStack, redis: RedisServer, mongodb: MongodbServer, settings: Settings) {
    this.#stack = stack;
    this.redis = redis;
    this.mongodb = mongodb;
    this.#settings = settings;
  }

  static async start({ redis = {}, settings = {} }: ProductionOptions = {}): Promise<Production> {
    await using stack = new AsyncDisposableStack();
    const [redisServer, mongodbServer] = await Promise.all([
      RedisServer.start(redis).then((server) => stack.use(server)),
      MongodbServer.start().then((server) => stack.use(server)),
    ]);
    return new Production(stack.move(), redisServer, mongodbServer, settings);
  }

  /** What a service is to be told; through proxies, if there are any. */
  settings({ redisProxy, mongodbProxy }: Proxies = {}): Settings {
    return {
      REDIS_URL: redisProxy === undefined ? this.redis.url : `redis://127.0.0.1:${redisProxy.port}`,
      MONGODB_URL: `mongodb://127.0.0.1:${(mongodbProxy ?? this.mongodb).port}/progress`,
      ...this.#settings,
    };
  }

  async proxies(options: { distanceMs?: number } = {}): Promise<Required<Proxies>> {
    const redisProxy = this.#stack.use(await TcpProxy.before(this.redis, redisRequests, options));
    const mongodbProxy = this.#stack.use(await TcpProxy.before(this.mongodb, mongodbRequests, options));
    return { redisProxy, mongodbProxy };
  }

  /** A service that listens, ready or not. */
  async service(settings: Settings = {}, proxies: Proxies = {}, preload?: string): Promise<ServiceProcess> {
    const all = { ...this.settings(proxies), ...settings };
    return this.#stack.use(await ServiceProcess.start(all, preload === undefined ? {} : { preload }));
  }

  /** A service that can do its work. @param preload a module that is loaded before it */
  async readyService(settings: Settings = {}, proxies: Proxies = {}, preload?: string): Promise<ServiceProcess> {
    const service = await this.service(settings, proxies, preload);
    await becomesReady(service);
    return service;
  }

  /** A service that can do its work, with all that goes between it and its stores. */
  async proxiedService(settings: Settings = {}): Promise<ProxiedService> {
    const proxies = await this.proxies();
    return { ...proxies, service: await this.readyService(settings, proxies) };
  }

  async teach(service: ServiceProcess, ...courses: object[]): Promise<void> {
    const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
    await instructor.importCourses(courses);
  }

  /** What is stored, without the service. */
  async database(): Promise<Db> {
    const client = new MongoClient(this.mongodb.url("progress", ""));
    this.#stack.defer(() => client.close());
    return client.db();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

export interface Proxies {
  readonly redisProxy?: TcpProxy;
  readonly mongodbProxy?: TcpProxy;
}

export interface ProxiedService extends Required<Proxies> {
  readonly service: ServiceProcess;
}

interface Readiness {
  readonly status: number;
  readonly parts: Readonly<Record<string, { status: string; detail?: string }>>;
}

async function readinessOf({ url }: { url: string }): Promise<Readiness> {
  const answer = await fetch(`${url}/health/ready`);
  const { parts } = (await answer.json()) as Pick<Readiness, "parts">;
  return { status: answer.status, parts };
}

export async function becomesReady(service: { url: string }): Promise<void> {
  await until("the service is ready", async () => (await readinessOf(service)).status === 200, patiently);
}

/** Waits until this part of the service says this of itself, and the others, unless told, are well. @returns what is said */
export async function complains(
  service: { url: string },
  part: string,
  pattern: RegExp,
  { alone = true }: { alone?: boolean } = {},
): Promise<string> {
  let said = "";
  const isSaid = async (): Promise<boolean> => {
    const { status, parts } = await readinessOf(service);
    said = JSON.stringify(parts);
    const others = Object.entries(parts).filter(([name, { status: is }]) => name !== part && is !== "ok");
    if (status !== 503 || (alone && others.length > 0)) return false;
    return parts[part]?.status === "unavailable" && pattern.test(parts[part].detail ?? "");
  };
  await until(`${part} says ${String(pattern)}`, isSaid, patiently).catch((cause: unknown) => {
    throw new Error(`${part} never said ${String(pattern)}; at the end it said ${said}`, { cause });
  });
  return said;
}
