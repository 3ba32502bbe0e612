import { DatabaseSync } from "node:sqlite";
import { SignJWT } from "jose";
import { readAchievements } from "../../src/achievements-file.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Config } from "../../src/config.ts";
import { type Service, startService } from "../../src/service.ts";
import { TempFolder } from "../support/temp-folder.ts";

export const secret = "a secret that only the tests know, 32+";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON, undefined when it is none. */
  readonly body: ReturnType<typeof JSON.parse>;
  /** The fields that a problem complains of. */
  readonly fields: readonly string[];
}

export interface Call {
  /** Sent as JSON, unless it is bytes or text already. */
  readonly body?: unknown;
  /** The whole token; null for none. By default that of a student. */
  readonly token?: string | null;
  /** The media type; null for none. */
  readonly type?: string | null;
  readonly headers?: Record<string, string>;
}

/** A token as the identity provider makes it; claims may be taken out with undefined. */
export function sign(
  claims: Record<string, unknown> = {},
  header = { alg: "HS256" },
  key: string = secret,
): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return new SignJWT({ sub: "auth0|student", exp, ...claims })
    .setProtectedHeader(header)
    .sign(new TextEncoder().encode(key));
}

export async function call(url: string, method: string, path: string, how: Call = {}): Promise<Answer> {
  const { body, token, type = body === undefined ? null : "application/json", headers } = how;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== null && token !== undefined && { authorization: `Bearer ${token}` }),
      ...(type !== null && { "content-type": type }),
      ...headers,
    },
    ...(body !== undefined && { body: bytesOf(body) }),
  });
  const text = await response.text();
  const json = parsed(text) as { errors?: { field: string }[] } | null | undefined;
  const fields = json?.errors?.map(({ field }) => field) ?? [];
  return { status: response.status, headers: response.headers, text, body: json, fields };
}

interface TestServiceParts {
  readonly begin: (changed: Partial<Config>) => Promise<Service>;
  readonly service: Service;
  readonly folder: TempFolder;
  readonly tokens: { readonly student: string; readonly instructor: string };
}

/** What a service of these tests is told, unless a test says otherwise. */
export function configOf(folder: TempFolder, config: Partial<Config> = {}): Config {
  return {
    host: "127.0.0.1",
    port: 0,
    stores: { type: "embedded", dataFile: folder.file("progress.sqlite") },
    tokens: { type: "secret", secret },
    issuer: undefined,
    audience: undefined,
    roleClaim: "role",
    corsOrigins: [],
    flushIntervalMs: 300_000,
    defaultTimeZone: "UTC",
    achievements: readAchievements(),
    eventStream: null,
    streakCounts: "completion",
    strictDurability: false,
    rateLimitPerSecond: 100_000,
    webhooks: undefined,
    logLevel: "silent",
    ...config,
  };
}

/** The whole service on a file of its own, spoken to over HTTP. */
export class TestService implements AsyncDisposable {
  readonly #begin: (changed: Partial<Config>) => Promise<Service>;
  #service: Service;
  readonly #folder: TempFolder;
  readonly #file: DatabaseSync;
  #dumped: { version: unknown; text: string } = { version: undefined, text: "" };
  readonly #student: string;
  readonly #instructor: string;

  private constructor({ begin, service, folder, tokens }: TestServiceParts) {
    this.#begin = begin;
    this.#service = service;
    this.#folder = folder;
    this.#file = new DatabaseSync(folder.file("progress.sqlite"), { readOnly: true });
    this.#student = tokens.student;
    this.#instructor = tokens.instructor;
  }

  static async start(config: Partial<Config> = {}, clock?: Clock): Promise<TestService> {
    const folder = await TempFolder.create();
    const tokens = { student: await sign(), instructor: await sign({ sub: "teacher", role: "instructor" }) };
    const whole = configOf(folder, config);
    const begin = (changed: Partial<Config>) =>
      startService({ ...whole, ...changed }, clock === undefined ? {} : { clock });
    return new TestService({ begin, service: await begin({}), folder, tokens });
  }

  /** The same data, as a service with other settings finds them. */
  async restart(changed: Partial<Config>): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    this.#service = await this.#begin(changed);
  }

  get url(): string {
    return this.#service.url;
  }

  /** As a student, below /api/v1. */
  student(method: string, path: string, how: Call = {}): Promise<Answer> {
    return this.at(method, `/api/v1${path}`, { token: this.#student, ...how });
  }

  /** As an instructor, below /api/v1. */
  instructor(method: string, path: string, how: Call = {}): Promise<Answer> {
    return this.at(method, `/api/v1${path}`, { token: this.#instructor, ...how });
  }

  /** Without a token, from the root. */
  at(method: string, path: string, how: Call = {}): Promise<Answer> {
    return call(this.url, method, path, how);
  }

  /** A course with these lectures, each 100 s long. */
  async course(courseId: string, ...lectureIds: string[]): Promise<void> {
    const lectures = lectureIds.map((lectureId) => ({ lectureId, title: lectureId, durationSeconds: 100 }));
    const { body } = await this.instructor("POST", "/courses/import", {
      body: { courses: [{ courseId, title: courseId, lectures }] },
    });
    if (body.results[0].status === "failed") throw new Error(JSON.stringify(body));
  }

  /** Everything that is stored, to see whether anything has changed. */
  dump(): string {
    const version = this.#file.prepare("PRAGMA data_version").get()?.["data_version"];
    if (version !== this.#dumped.version) this.#dumped = { version, text: this.#read() };
    return this.#dumped.text;
  }

  #read(): string {
    const tables = this.#file.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    const rowsOf = (name: unknown) => this.#file.prepare(`SELECT * FROM "${String(name)}"`).all();
    return JSON.stringify(tables.map(({ name }) => [name, rowsOf(name)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close();
    await this.#service[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function bytesOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body);
}

function parsed(text: string): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
