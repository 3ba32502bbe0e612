import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/schema";
import { eventTypes } from "./domain/event.ts";
import { isLoopbackHost, type Webhook, type WebhookId } from "./domain/webhook.ts";
import { ConfigError } from "./settings.ts";

const Entry = Type.Object(
  {
    id: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" })),
    url: Type.String(),
    secret: Type.Optional(Type.String()),
    secrets: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 2 })),
    types: Type.Optional(Type.Array(Type.Enum(eventTypes), { minItems: 1 })),
    allowPrivateNetwork: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
type Entry = Static<typeof Entry>;

const isEntry = Compile(Entry);

/**
 * Reads and checks the webhooks of a file.
 * @throws ConfigError that says what is wrong with which entry, and shows no secret
 */
export function readWebhooks(file: string): Webhook[] {
  const entries = parse(file, read(file));
  if (!Array.isArray(entries))
    throw new ConfigError(`WEBHOOKS_FILE ${file} must hold a list: [{"url": ..., "secret": ...}].`);
  const webhooks = entries.map((entry: unknown, index) => {
    const complaint = complaintOf(entry);
    if (complaint !== null) throw new ConfigError(`WEBHOOKS_FILE ${file}, entry ${index + 1}: ${complaint}`);
    return toWebhook(entry as Entry);
  });
  const twice = webhooks.find(({ id }, index) => webhooks.findIndex((other) => other.id === id) !== index);
  if (twice === undefined) return webhooks;
  throw new ConfigError(`WEBHOOKS_FILE ${file} has two entries with the id ${twice.id}: give each an "id" of its own.`);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`WEBHOOKS_FILE: ${file} cannot be read (${code}): name a JSON file with a list of webhooks.`);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's words may quote the file, and with it a secret: only the place is told.
    const [place = "somewhere"] = /line \d+ column \d+/.exec((error as Error).message) ?? [];
    throw new ConfigError(`WEBHOOKS_FILE ${file} is not JSON: look at ${place}.`);
  }
}

/** What is wrong with an entry, without a value of it; null when nothing is. */
function complaintOf(entry: unknown): string | null {
  if (!isEntry.Check(entry)) return shapeComplaint(entry);
  const { url, secret, secrets } = entry;
  if ((secret === undefined) === (secrets === undefined)) return `give it one of "secret" and "secrets".`;
  if (![secret, ...(secrets ?? [])].every((each) => each === undefined || isSecret(each)))
    return "a secret is whsec_ and then 24 to 64 bytes in base64, such as `openssl rand -base64 32` prints.";
  return urlComplaint(url);
}

function shapeComplaint(entry: unknown): string {
  const known = Object.keys(Entry.properties);
  const unknown = Object.keys(Object(entry) as object).filter((field) => !known.includes(field));
  const [, [error]] = isEntry.Errors(entry);
  const field = error?.instancePath.slice(1).replaceAll("/", ".") ?? "";
  if (error?.keyword === "type" && field === "") return "it must be an object.";
  if (unknown.length > 0) return `it has ${quoted(unknown)}; only ${quoted(known)} are known.`;
  if (error?.keyword === "required") return `it lacks ${quoted(error.params.requiredProperties)}.`;
  if (error?.keyword === "enum") return `"${field}" must be one of ${eventTypes.join(", ")}.`;
  return `"${field}" ${error?.message}.`;
}

function urlComplaint(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return `"url" is no URL, such as https://example.org/events.`;
  if (url.username !== "" || url.password !== "")
    return `"url" holds a user or a password: the signature is what proves who sends.`;
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname))) return null;
  return `"url" must begin with https://; http:// is for this machine only.`;
}

/** `whsec_` and base64 in its one spelling, as long as Standard Webhooks wants it. */
function isSecret(text: string): boolean {
  const [, base64 = ""] = /^whsec_(.+)$/.exec(text) ?? [];
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 && bytes.length >= 24 && bytes.length <= 64;
}

function toWebhook({ id, url, secret, secrets, types, allowPrivateNetwork }: Entry): Webhook {
  return {
    id: (id ?? idOf(url)) as WebhookId,
    url,
    secrets: secrets ?? (secret === undefined ? [] : [secret]),
    types: new Set(types ?? eventTypes),
    allowPrivateNetwork: allowPrivateNetwork ?? false,
  };
}

/** The same for the same address, wherever in the list it stands, and without telling it. */
function idOf(url: string): string {
  return `webhook-${createHash("sha256").update(url).digest("hex").slice(0, 12)}`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
