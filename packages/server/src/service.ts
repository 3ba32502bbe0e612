import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { openEmbeddedStores } from "./adapters/embedded/stores.ts";
import { DatabaseError } from "./adapters/embedded/database.ts";
import { ConnectionUrlError } from "./adapters/mongodb/connection.ts";
import { openMongoStores } from "./adapters/mongodb/stores.ts";
import { RedisUrlError } from "./adapters/redis/redis-url.ts";
import { openRedisStores } from "./adapters/redis/stores.ts";
import { systemClock } from "./adapters/system/clock.ts";
import { HttpWebhookSender } from "./adapters/webhooks/sender.ts";
import { type Config, ConfigError } from "./config.ts";
import { type Core, type CoreOptions, createCore } from "./core.ts";
import { demoPage } from "./demo/page.ts";
import { demoSecret } from "./demo/secret.ts";
import { WebhookList } from "./delivery/webhook-list.ts";
import { seedDemo } from "./demo/seed.ts";
import { demoWelcome, serviceWelcome, showPreparation } from "./demo/welcome.ts";
import { ProgressError } from "./domain/errors.ts";
import { createApp } from "./http/app.ts";
import { studentPage } from "./http/page.ts";
import { TokenVerifier, type TokenVerifierOptions } from "./http/token-verifier.ts";
import { createTelemetry } from "./observability/events.ts";
import { createLogger, type Logger } from "./observability/logger.ts";
import { Metrics } from "./observability/metrics.ts";
import type { Clock } from "./ports/clock.ts";
import type { PartHealth, Stores } from "./ports/stores.ts";
import type { Telemetry } from "./ports/telemetry.ts";
import { readWebhooks } from "./webhooks-file.ts";

/** The student's page, as its package builds it. */
const pageFolder = fileURLToPath(new URL("../../dashboard/dist/page", import.meta.url));

/** A running service. Disposing of it finishes what was begun: requests, then the flush under way, then the stores. */
export interface Service extends AsyncDisposable {
  /** Where it listens, such as http://127.0.0.1:3000. */
  readonly url: string;
  /** What to print when it is up. */
  readonly welcome: string;
  readonly logger: Logger;
  readonly core: Core;
  /** Reads again what may change while the service runs: the webhooks. What cannot be used changes nothing. */
  reload(): void;
}

/** The use cases on their storage, with nothing listening and nothing running by itself. */
export interface Backend extends AsyncDisposable {
  readonly core: Core;
  readonly options: CoreOptions;
  readonly stores: Stores;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Opens the storage that the configuration names. Rejects when it cannot be had: see {@link explainStartFailure}. */
export async function openBackend(config: Config, clock: Clock = systemClock): Promise<Backend> {
  const logger = createLogger(config.logLevel);
  const metrics = new Metrics(() => stores.buffer.stats(), clock);
  const telemetry = createTelemetry(logger, metrics);
  const stores = await openStores(config, { clock, telemetry, logger });
  const webhooks = config.webhooks && new WebhookList(config.webhooks.list);
  const delivery = webhooks && { webhooks, sender: new HttpWebhookSender() };
  const options = { ...config, clock, telemetry, delivery };
  const core = createCore(stores, options);
  return {
    core,
    options,
    stores,
    metrics,
    logger,
    async [Symbol.asyncDispose]() {
      await core.publisher[Symbol.asyncDispose]();
      await stores[Symbol.asyncDispose]();
    },
  };
}

/** Puts the parts together and starts them. Rejects when the store or the port cannot be had: see {@link explainStartFailure}. */
export async function startService(config: Config, { clock = systemClock }: { clock?: Clock } = {}): Promise<Service> {
  await using stack = new AsyncDisposableStack();
  const { core, options, stores, metrics, logger } = stack.use(await openBackend(config, clock));
  const demo = demoOf(config);
  const tokens = await TokenVerifier.create(tokenOptions(config, demo?.secret)).catch((error: unknown) => {
    throw new ConfigError(
      "JWT_PUBLIC_KEY_FILE holds no public key that tokens can be checked with: name a PEM file with an RSA key of at " +
        `least 2048 bits or an EC key on the curve P-256 (${(error as Error).message}).`,
    );
  });

  if (demo !== undefined) await prepareDemo(config, stores, options);
  const workers = [
    core.flusher,
    core.relay,
    core.studentData,
    core.publisher,
    ...(core.deliverer ? [core.deliverer] : []),
  ];
  for (const worker of workers) worker.start();
  // Together: each may have to wait for a store that does not answer.
  stack.defer(async () => void (await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))));
  let isStopping = false;
  const app = await createApp({
    ...core,
    tokens,
    readiness: () => readiness(stores, isStopping),
    metrics: () => metrics.scrape(),
    rateLimitPerSecond: config.rateLimitPerSecond,
    corsOrigins: config.corsOrigins,
    logger,
    page: (root) => studentPage(root, { folder: pageFolder, demo: demo && demoPage(demo.secret) }),
  });
  stack.defer(() => closeApp(app));
  const url = await app.listen({ host: config.host, port: config.port });
  const welcome = demo === undefined ? serviceWelcome(url) : await demoWelcome(url, demo.secret);
  const running = stack.move();
  let stopped: Promise<void> | undefined;
  return {
    url,
    welcome,
    logger,
    core,
    reload: () => reloadWebhooks(config, options, logger),
    [Symbol.asyncDispose]() {
      isStopping = true;
      stopped ??= running.disposeAsync();
      return stopped;
    },
  };
}

/** Rejects as listening would before it begins: nobody shall wait for a past that cannot be shown. */
async function prepareDemo({ host, port }: Config, stores: Stores, options: CoreOptions): Promise<void> {
  {
    await using probe = createServer().listen(port, host);
    await once(probe, "listening");
  }
  await seedDemo(stores, options, showPreparation);
}

function reloadWebhooks({ webhooks }: Config, { delivery }: CoreOptions, logger: Logger): void {
  if (webhooks === undefined || delivery === undefined) return;
  try {
    const list = readWebhooks(webhooks.file);
    delivery.webhooks.replace(list);
    logger.info({ webhooks: list.map(({ id }) => id) }, "the webhooks were read again");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    logger.error({ reason: error.message }, "the webhooks stay as they were: their file cannot be used");
  }
}

/** Errors of adapters that say what to do. */
const storeErrors = [DatabaseError, RedisUrlError, ConnectionUrlError];

/** A sentence for a start that failed for a reason the operator can mend; undefined for a fault of ours. */
export function explainStartFailure(
  error: unknown,
  { host, port }: { host?: string; port?: number } = {},
): string | undefined {
  if (error instanceof ConfigError || storeErrors.some((known) => error instanceof known))
    return (error as Error).message;
  if (error instanceof ProgressError)
    return `The service could not start: ${error.message} If another process writes to the same store, start this one after it.`;
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is used by another program: stop it, or set PORT to a free port (PORT=0 takes any).`;
    case "EACCES":
      return `Listening on port ${port} is not permitted: set PORT to a port above 1023.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `HOST "${host}" is no address of this machine: set HOST to one, such as 127.0.0.1 or 0.0.0.0.`;
    default:
      return undefined;
  }
}

/** Long enough for any request but one whose client has gone silent. */
const lastRequestsMs = 6_000;

/**
 * Takes no more requests and resolves when those in flight are answered. Connections that clients would keep open end as
 * soon as they are idle; clients that never finish a request are cut off.
 */
async function closeApp(app: FastifyInstance): Promise<void> {
  const closeIdle = setInterval(() => app.server.closeIdleConnections(), 50);
  const cutOff = setTimeout(() => app.server.closeAllConnections(), lastRequestsMs);
  try {
    await app.close();
  } finally {
    clearInterval(closeIdle);
    clearTimeout(cutOff);
  }
}

interface StoreDeps {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** Stores that are there answer by then; those that are not must not hold up the start, nor fill the log with it. */
const connectWithinMs = 1_000;

async function openStores(
  { stores, flushIntervalMs, strictDurability, eventStream }: Config,
  { clock, telemetry, logger }: StoreDeps,
): Promise<Stores> {
  if (stores.type === "embedded") return openEmbeddedStores(stores.dataFile, { clock, flushIntervalMs });
  // First, because it connects to nothing yet: if one of the URLs is refused, nothing is left running.
  const mongodb = openMongoStores(stores.mongodbUrl, { isStrict: strictDurability });
  const redis = openRedisStores(stores.redisUrl, {
    flushIntervalMs,
    strictDurability,
    eventStream,
    telemetry,
    onProblem: (problem) => (problem === null ? logger.info("Redis answers") : logger.warn(problem)),
    onFindings: (findings) => findings.forEach(({ sentence }) => logger.warn(sentence)),
  });
  // The first look at MongoDB begins now: when somebody asks for its health, it is known what is wrong with it.
  await Promise.all([redis.connected(connectWithinMs), mongodb.health()]);
  return {
    ...redis,
    ...mongodb,
    async health() {
      const [one, other] = await Promise.all([redis.health(), mongodb.health()]);
      return { ...one, ...other };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([redis[Symbol.asyncDispose](), mongodb[Symbol.asyncDispose]()]);
    },
  };
}

function demoOf({ tokens, stores }: Config): { secret: string } | undefined {
  if (tokens.type !== "demo" || stores.type !== "embedded") return undefined;
  try {
    return { secret: demoSecret(stores.dataFile) };
  } catch (error) {
    throw new ConfigError((error as Error).message, { cause: error });
  }
}

function tokenOptions({ tokens, issuer, audience, roleClaim }: Config, secret = ""): TokenVerifierOptions {
  const common = { issuer, audience, roleClaim };
  switch (tokens.type) {
    case "demo":
      return { secret, ...common };
    case "secret":
      return { secret: tokens.secret, ...common };
    case "publicKey":
      return { publicKeyPem: tokens.pem, ...common };
    case "jwks":
      return { jwksUrl: tokens.url, ...common };
  }
}

async function readiness(
  stores: Stores,
  isStopping: boolean,
): Promise<{ status: PartHealth["status"]; parts: Record<string, PartHealth> }> {
  const parts: Record<string, PartHealth> = await stores.health();
  if (isStopping) parts["process"] = { status: "unavailable", detail: "The process is stopping." };
  const isReady = Object.values(parts).every(({ status }) => status === "ok");
  return { status: isReady ? "ok" : "unavailable", parts };
}
