import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { pino } from "pino";
import { readAchievements } from "../../src/achievements-file.ts";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { createCore } from "../../src/core.ts";
import { ProgressError } from "../../src/domain/errors.ts";
import { createApp } from "../../src/http/app.ts";
import { TokenVerifier } from "../../src/http/token-verifier.ts";
import type { CourseContent } from "../../src/ports/catalog.ts";
import type { Stores } from "../../src/ports/stores.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { answeringEach } from "../support/port-calls.ts";
import { TempFolder } from "../support/temp-folder.ts";
import { type Answer, call, type Call, secret, sign } from "./support.ts";

/** A service whose stores can be broken, and whose log can be read. */
async function breakable(breakStores: (stores: Stores) => Partial<Stores>) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await TempFolder.create());
  const options = {
    clock: systemClock,
    flushIntervalMs: 300_000,
    defaultTimeZone: "UTC",
    streakCounts: "completion",
    achievements: readAchievements(),
  } as const;
  const stores = stack.use(openEmbeddedStores(folder.file("progress.sqlite"), options));
  const lines: string[] = [];
  const log = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = pino({ level: "debug" }, log);
  const telemetry = new Proxy({} as Telemetry, { get: () => () => undefined });
  const core = createCore({ ...stores, ...breakStores(stores) }, { ...options, telemetry });
  const app = await createApp({
    ...core,
    tokens: await TokenVerifier.create({ secret }),
    readiness: async () => ({ status: "unavailable", parts: { database: { status: "unavailable", detail: "Gone." } } }),
    metrics: async () => ({ contentType: "text/plain", body: "" }),
    rateLimitPerSecond: 10_000,
    corsOrigins: [],
    logger,
  });
  stack.defer(() => app.close());
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const token = await sign({ role: "admin" });
  const running = stack.move();
  return {
    lines,
    stores,
    token,
    ask: (method: string, path: string, how: Call = {}): Promise<Answer> => call(url, method, path, { token, ...how }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Any port at all; every method of it rejects. */
function rejecting(error: Error): never {
  const reject = async () => {
    throw error;
  };
  const rejectEach = (keys: readonly unknown[]) => keys.map(reject);
  return new Proxy({}, { get: (_, name) => (answeringEach.has(name) ? rejectEach : reject) }) as never;
}

const gone = (code: "store_unavailable" | "buffer_unavailable") =>
  new ProgressError(code, "Try again in a moment.", { cause: new Error("the disk at /secret/place is on fire") });

const save = { body: { courseId: "c", lectureId: "a", watchTime: 1 } };

describe("a service in trouble", () => {
  it("answers 503 with Retry-After while the store is away, and logs it once", async () => {
    const error = gone("store_unavailable");
    await using service = await breakable(() => ({
      store: rejecting(error),
      catalog: rejecting(error),
      students: rejecting(error),
      activities: rejecting(error),
    }));
    const asked = [
      ["GET", "/progress/c"],
      ["DELETE", "/progress/c"],
      ["POST", "/progress/heatmap/mark"],
      ["GET", "/progress/heatmap/data"],
      ["GET", "/stats/student"],
      ["GET", "/stats/course-progress"],
      ["GET", "/me"],
      ["GET", "/me/data"],
      ["GET", "/courses/c"],
    ] as const;
    const waits = new Set<string | null>();
    for (const [method, path] of [...asked, ...asked, ...asked]) {
      const { status, body, headers, text } = await service.ask(method, `/api/v1${path}`);
      assert.deepEqual([status, body.code], [503, "store_unavailable"], `${method} ${path}`);
      assert.equal(headers.get("content-type"), "application/problem+json");
      assert.match(headers.get("retry-after") ?? "", /^[1-5]$/);
      assert.doesNotMatch(text, /fire|secret/);
      waits.add(headers.get("retry-after"));
    }
    assert.ok(waits.size > 1, "clients that were refused together come back together");
    assert.equal(service.lines.filter((line) => line.includes("refused for now")).length, 1);
  });

  it("takes saves while only the store is away", async () => {
    const error = gone("store_unavailable");
    await using service = await breakable(() => ({ catalog: rejecting(error), store: rejecting(error) }));
    const { status, text } = await service.ask("POST", "/api/v1/progress/save", save);
    assert.deepEqual([status, text], [200, '{"message":"synced"}']);
  });

  it("answers 503 to saves while the buffer is away", async () => {
    await using service = await breakable(() => ({ buffer: rejecting(gone("buffer_unavailable")) }));
    await service.stores.catalog.replace({
      courseId: "c" as never,
      title: "C",
      lectures: new Map([["a" as never, { title: "A", durationSeconds: 9, order: 0 }]]),
    });
    const { status, body } = await service.ask("POST", "/api/v1/progress/save", save);
    assert.deepEqual([status, body.code], [503, "buffer_unavailable"]);
  });

  it("answers 500 without a word of what happened, and logs the stack", async () => {
    await using service = await breakable(() => ({
      students: rejecting(new TypeError("x of undefined in /secret/place")),
    }));
    const { status, body, text } = await service.ask("GET", "/api/v1/me");
    assert.deepEqual([status, body.code], [500, "internal"]);
    assert.doesNotMatch(text, /undefined|secret|TypeError|at /);
    const line = service.lines.find((candidate) => candidate.includes("request failed")) ?? "";
    assert.match(line, /x of undefined in \/secret\/place/);
    assert.match(line, /"route":"GET \/api\/v1\/me"/);
    assert.match(line, /\\n +at /);
  });

  it("fails only the course of an import that cannot be stored", async () => {
    const unlucky = async ({ courseId }: CourseContent) => {
      if (courseId.startsWith("unlucky")) throw gone("store_unavailable");
      if (courseId.startsWith("odd")) throw new TypeError("surprise");
      return "created" as const;
    };
    await using service = await breakable(({ catalog }) => ({
      catalog: {
        read: async (courseId) => ({ courseId, title: "T", version: 1, lectures: new Map() }),
        replace: unlucky,
      } as Partial<typeof catalog> as typeof catalog,
    }));
    const courses = ["first", "unlucky", "odd", "last"].map((courseId) => ({ courseId, title: "T", lectures: [] }));
    const { status, body } = await service.ask("POST", "/api/v1/courses/import", { body: { courses } });
    assert.equal(status, 200);
    assert.deepEqual(
      (body.results as Record<string, string>[]).map((row) => `${row["courseId"]} ${row["status"]} ${row["code"]}`),
      ["first created undefined", "unlucky failed store_unavailable", "odd failed internal", "last created undefined"],
    );
  });

  it("is alive but not ready", async () => {
    await using service = await breakable(() => ({}));
    assert.equal((await service.ask("GET", "/health/live")).status, 200);
    const { status, body, headers } = await service.ask("GET", "/health/ready");
    assert.equal(status, 503);
    assert.deepEqual(body, { status: "unavailable", parts: { database: { status: "unavailable", detail: "Gone." } } });
    assert.match(headers.get("content-type") ?? "", /^application\/json/);
  });

  it("writes no token and no secret into its log, and no line for requests that succeed", async () => {
    const error = gone("store_unavailable");
    await using service = await breakable(() => ({ students: rejecting(error), store: rejecting(new Error("odd")) }));
    const token = await sign({ sub: "private" });
    const wrong = await sign({ sub: "private" }, { alg: "HS256" }, "a wrong secret of more than 32 characters");
    await service.ask("PUT", "/api/v1/courses/c", { body: { title: "C" } });
    const quiet = service.lines.length;
    await service.ask("GET", "/api/v1/courses/c");
    assert.equal(service.lines.length, quiet);
    for (const given of [token, wrong, "x.y.z"]) {
      await service.ask("GET", "/api/v1/me", { token: given });
      await service.ask("GET", "/api/v1/progress/c", { token: given });
      await service.ask("POST", "/api/v1/progress/save", { token: null, type: "text/plain", body: { token: given } });
    }
    const log = service.lines.join("");
    for (const hidden of [token, wrong, secret, token.split(".")[2] ?? ""]) assert.ok(!log.includes(hidden));
  });
});
