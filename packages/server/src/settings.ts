import { envSchema } from "env-schema";
import { type TSchema, Type } from "typebox";
import { askAfterMisspelt } from "./misspelt-settings.ts";

/** The settings as they were given, each checked on its own. */
export interface Environment {
  readonly HOST?: string;
  readonly PORT: number;
  readonly REDIS_URL?: string;
  readonly MONGODB_URL?: string;
  readonly DATA_FILE: string;
  readonly JWT_SECRET?: string;
  readonly JWT_PUBLIC_KEY_FILE?: string;
  readonly JWKS_URL?: string;
  readonly JWT_ISSUER?: string;
  readonly JWT_AUDIENCE?: string;
  readonly JWT_ROLE_CLAIM: string;
  readonly CORS_ORIGINS: string;
  readonly FLUSH_INTERVAL_MS: number;
  readonly DEFAULT_TIME_ZONE: string;
  readonly STREAK_COUNTS: "completion" | "activity";
  readonly STRICT_DURABILITY?: "true" | "false";
  readonly RATE_LIMIT_PER_SECOND: number;
  readonly WEBHOOKS_FILE?: string;
  readonly ACHIEVEMENTS_FILE?: string;
  readonly EVENT_STREAM?: string;
  readonly EVENT_STREAM_LENGTH: number;
  readonly LOG_LEVEL: string;
}

/** Settings that cannot be used; the message names each and says what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Every setting: what it is for, its unit, its default and its limits. `--help` and the check at start are made of this. */
const properties = {
  HOST: Type.Optional(Type.String({ description: "Address to listen on. Default: 127.0.0.1 in a demo, else 0.0.0.0" })),
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 3000,
    description: "Port to listen on; 0 takes a free one",
  }),
  REDIS_URL: Type.Optional(Type.String({ description: "redis:// or rediss://; with MONGODB_URL: production" })),
  MONGODB_URL: Type.Optional(
    Type.String({ description: "mongodb:// with the database's name; with REDIS_URL: production" }),
  ),
  DATA_FILE: Type.String({ default: "./data/progress.sqlite", description: "SQLite file of the embedded store" }),
  JWT_SECRET: Type.Optional(Type.String({ minLength: 32, description: "HS256 secret, at least 32 characters" })),
  JWT_PUBLIC_KEY_FILE: Type.Optional(Type.String({ description: "PEM file with the RS256 or ES256 public key" })),
  JWKS_URL: Type.Optional(Type.String({ description: "Where the identity provider publishes its keys" })),
  JWT_ISSUER: Type.Optional(Type.String({ description: "Required `iss` of tokens" })),
  JWT_AUDIENCE: Type.Optional(Type.String({ description: "Required `aud` of tokens" })),
  JWT_ROLE_CLAIM: Type.String({ default: "role", description: "Claim that holds instructor or admin" }),
  CORS_ORIGINS: Type.String({
    default: "",
    description: "Origins whose pages may use the API, comma-separated: https://learn.example.org. Default: none",
  }),
  FLUSH_INTERVAL_MS: Type.Integer({
    minimum: 10,
    maximum: 86_400_000,
    default: 300_000,
    description: "How long a position may stay in the buffer alone, milliseconds",
  }),
  DEFAULT_TIME_ZONE: Type.String({ default: "UTC", description: "IANA zone of students who have none" }),
  STREAK_COUNTS: Type.Enum(["completion", "activity"], {
    default: "completion",
    description: "Which days count for the streak",
  }),
  ACHIEVEMENTS_FILE: Type.Optional(
    Type.String({ description: "JSON file with what can be earned. Default: the one that comes with the service" }),
  ),
  EVENT_STREAM: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
      description: "Redis Stream that events go to, in production. Default: none",
    }),
  ),
  EVENT_STREAM_LENGTH: Type.Integer({
    minimum: 1_000,
    maximum: 100_000_000,
    default: 100_000,
    description: "About how many events the stream keeps",
  }),
  STRICT_DURABILITY: Type.Optional(
    Type.Enum(["true", "false"], { description: "Refuse to be ready on unsafe stores. Default: true in production" }),
  ),
  RATE_LIMIT_PER_SECOND: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 200,
    description: "Requests per student and process",
  }),
  WEBHOOKS_FILE: Type.Optional(
    Type.String({ description: "JSON list of webhooks that are told of events; read again on SIGHUP" }),
  ),
  LOG_LEVEL: Type.Enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
    default: "info",
    description: "Lowest level that is logged",
  }),
};

type Property = TSchema & {
  description?: string;
  default?: string | number;
  enum?: readonly string[];
  type?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
};

const byName: Readonly<Record<string, Property>> = properties;

interface Complaint {
  readonly instancePath: string;
}

/**
 * Checks each setting on its own; what depends on two of them is for the caller.
 * @throws ConfigError with a sentence for every setting that cannot be used
 */
export function readSettings(environment: NodeJS.ProcessEnv): Environment {
  // A blank variable is how shells and compose files say "not set".
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => Object.hasOwn(properties, name) && value?.trim() !== ""),
  );
  try {
    return envSchema<Environment>({ schema: Type.Object(properties), data: given, env: false });
  } catch (error) {
    const complaints = (error as { errors?: readonly Complaint[] }).errors ?? [];
    throw new ConfigError(
      namesIn(complaints)
        .map((name) => sentence(name, given[name]))
        .join("\n") || String(error),
    );
  }
}

/** A sentence for each variable that is no setting and looks as if it were meant to be one. */
export function misspeltSettings(environment: NodeJS.ProcessEnv): string[] {
  return askAfterMisspelt(environment, Object.keys(properties));
}

/** The settings as a table for `--help`. */
export function listSettings(): string {
  return Object.entries(byName)
    .map(([name, { description, default: fallback, enum: values }]) => {
      const choice = values === undefined ? "" : ` (${values.join(" | ")})`;
      const byDefault = fallback === undefined || fallback === "" ? "" : `. Default: ${fallback}`;
      return `  ${name.padEnd(22)} ${description}${choice}${byDefault}`;
    })
    .join("\n");
}

/** Each once, however much is wrong with it. */
function namesIn(complaints: readonly Complaint[]): string[] {
  return [...new Set(complaints.map(({ instancePath }) => instancePath.slice(1)))];
}

function sentence(name: string, value: string | undefined): string {
  const isSecret = name === "JWT_SECRET";
  return `${name} must ${wishOf(byName[name] ?? {})}${isSecret ? "" : `, not "${value}"`}. See --help for what it means.`;
}

function wishOf({ enum: choices, type, minimum, maximum, minLength }: Partial<Property>): string {
  if (choices !== undefined) return `be one of ${choices.join(", ")}`;
  if (type === "integer") return `be a whole number from ${minimum} to ${maximum}`;
  if (minLength !== undefined) return `have at least ${minLength} characters`;
  return "begin with a letter or digit and hold up to 100 letters, digits, dots, dashes and underscores";
}
