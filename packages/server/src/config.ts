import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readAchievements } from "./achievements-file.ts";
import type { Achievement } from "./domain/achievement.ts";
import { parseTimeZone } from "./domain/activity-day.ts";
import type { Webhook } from "./domain/webhook.ts";
import { ConfigError, type Environment, readSettings } from "./settings.ts";
import { readWebhooks } from "./webhooks-file.ts";

export { ConfigError, listSettings, misspeltSettings } from "./settings.ts";

/** Where tokens come from; exactly one. `demo` makes its own. */
type TokenSource =
  | { readonly type: "demo" }
  | { readonly type: "secret"; readonly secret: string }
  | { readonly type: "publicKey"; readonly pem: string }
  | { readonly type: "jwks"; readonly url: string };

type StoreSource =
  | { readonly type: "embedded"; readonly dataFile: string }
  | { readonly type: "production"; readonly redisUrl: string; readonly mongodbUrl: string };

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly stores: StoreSource;
  readonly tokens: TokenSource;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly roleClaim: string;
  /** Of pages that may use the API from elsewhere, such as https://learn.example.org. */
  readonly corsOrigins: readonly string[];
  readonly flushIntervalMs: number;
  readonly defaultTimeZone: string;
  readonly streakCounts: "completion" | "activity";
  /** The Redis Stream that events go to, and about how many it keeps. */
  readonly eventStream: { readonly name: string; readonly length: number } | null;
  readonly achievements: readonly Achievement[];
  readonly strictDurability: boolean;
  readonly rateLimitPerSecond: number;
  /** Where the webhooks are written down, and what the file said at the start. */
  readonly webhooks: { readonly file: string; readonly list: readonly Webhook[] } | undefined;
  readonly logLevel: string;
}

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Reads and checks every setting.
 * @throws ConfigError
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const env = readSettings(environment);
  const stores = storeSource(env);
  const tokens = tokenSource(env, stores);
  const isDemo = tokens.type === "demo";
  const host = env.HOST ?? (isDemo ? "127.0.0.1" : "0.0.0.0");
  if (isDemo && !loopback.has(host)) {
    throw new ConfigError(
      `HOST is "${host}", but a demo listens on loopback only: leave HOST out, or set JWT_SECRET, JWT_PUBLIC_KEY_FILE or JWKS_URL.`,
    );
  }
  return {
    host,
    port: env.PORT,
    stores,
    tokens,
    issuer: env.JWT_ISSUER,
    audience: env.JWT_AUDIENCE,
    roleClaim: env.JWT_ROLE_CLAIM,
    corsOrigins: origins(env.CORS_ORIGINS),
    flushIntervalMs: env.FLUSH_INTERVAL_MS,
    defaultTimeZone: timeZone(env.DEFAULT_TIME_ZONE),
    streakCounts: env.STREAK_COUNTS,
    eventStream: eventStream(env, stores),
    achievements: achievements(env.ACHIEVEMENTS_FILE),
    strictDurability: (env.STRICT_DURABILITY ?? String(stores.type === "production")) === "true",
    rateLimitPerSecond: env.RATE_LIMIT_PER_SECOND,
    webhooks: webhooksOf(env.WEBHOOKS_FILE),
    logLevel: env.LOG_LEVEL,
  };
}

function storeSource({ REDIS_URL, MONGODB_URL, DATA_FILE }: Environment): StoreSource {
  if (REDIS_URL === undefined && MONGODB_URL === undefined) {
    // An absolute path is a file to SQLite, whatever it looks like: ":memory:" would be forgotten at the end.
    return { type: "embedded", dataFile: resolve(DATA_FILE) };
  }
  if (REDIS_URL === undefined || MONGODB_URL === undefined) {
    const [set, missing] = REDIS_URL === undefined ? ["MONGODB_URL", "REDIS_URL"] : ["REDIS_URL", "MONGODB_URL"];
    throw new ConfigError(
      `${set} is set, but ${missing} is not: set both for production, or neither for the embedded store.`,
    );
  }
  checkUrl("REDIS_URL", REDIS_URL, ["redis:", "rediss:"]);
  // Several hosts are legal in MongoDB's URLs and in no other.
  const { pathname } = checkUrl("MONGODB_URL", MONGODB_URL.replace(/,[^/@]*(?=\/|$)/, ""), [
    "mongodb:",
    "mongodb+srv:",
  ]);
  if (pathname.length < 2)
    throw new ConfigError("MONGODB_URL names no database: end it with one, as in mongodb://host:27017/progress.");
  return { type: "production", redisUrl: REDIS_URL, mongodbUrl: MONGODB_URL };
}

function tokenSource(env: Environment, stores: StoreSource): TokenSource {
  const { JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWKS_URL } = env;
  const given = Object.entries({ JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWKS_URL }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1)
    throw new ConfigError(`${given.map(([name]) => name).join(" and ")} are both set: keep one of them.`);
  if (JWT_SECRET !== undefined) return { type: "secret", secret: JWT_SECRET };
  if (JWT_PUBLIC_KEY_FILE !== undefined) return { type: "publicKey", pem: readKey(JWT_PUBLIC_KEY_FILE) };
  if (JWKS_URL !== undefined) return { type: "jwks", url: checkUrl("JWKS_URL", JWKS_URL, ["https:", "http:"]).href };
  if (stores.type === "embedded") return { type: "demo" };
  throw new ConfigError("Nobody can sign in: set JWT_SECRET, JWT_PUBLIC_KEY_FILE or JWKS_URL.");
}

function webhooksOf(file: string | undefined): Config["webhooks"] {
  return file === undefined ? undefined : { file: resolve(file), list: readWebhooks(file) };
}

function readKey(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(
      `JWT_PUBLIC_KEY_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): name a PEM file.`,
    );
  }
}

function checkUrl(name: string, text: string, protocols: readonly string[]): URL {
  const url = URL.parse(text);
  if (url !== null && protocols.includes(url.protocol) && url.hostname !== "") return url;
  // The value may hold a password, so it is not repeated.
  throw new ConfigError(
    `${name} is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}.`,
  );
}

/** Exactly as browsers send them: anything else would never match, and nobody would know why. */
function origins(text: string): string[] {
  const given = text.split(",").map((origin) => origin.trim());
  const named = given.filter((origin) => origin !== "");
  for (const origin of named) {
    const url = URL.parse(origin);
    if (url?.origin === origin && ["https:", "http:"].includes(url.protocol) && !origin.includes("*")) continue;
    throw new ConfigError(
      `CORS_ORIGINS holds "${origin}", which is no origin: name each page's scheme, host and port, and nothing else, as in https://learn.example.org.`,
    );
  }
  return named;
}

function eventStream({ EVENT_STREAM, EVENT_STREAM_LENGTH }: Environment, stores: StoreSource): Config["eventStream"] {
  if (EVENT_STREAM === undefined) return null;
  if (stores.type === "embedded") {
    throw new ConfigError("EVENT_STREAM needs Redis: set REDIS_URL and MONGODB_URL, or leave EVENT_STREAM out.");
  }
  return { name: EVENT_STREAM, length: EVENT_STREAM_LENGTH };
}

function achievements(file: string | undefined): readonly Achievement[] {
  try {
    return readAchievements(file);
  } catch (error) {
    throw new ConfigError(`ACHIEVEMENTS_FILE: ${(error as Error).message}`, { cause: error });
  }
}

function timeZone(text: string): string {
  const zone = parseTimeZone(text);
  if (zone === undefined)
    throw new ConfigError(`DEFAULT_TIME_ZONE "${text}" is no IANA time zone: use one such as UTC or Europe/Berlin.`);
  return zone;
}
