import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import * as fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { createApp } from "../../src/http/app.ts";
import { TokenVerifier } from "../../src/http/token-verifier.ts";
import { openBackend } from "../../src/service.ts";
import { eventually } from "../support/eventually.ts";
import { course, lecture } from "../support/ids.ts";
import { TempFolder } from "../support/temp-folder.ts";
import { TestClock } from "../support/test-clock.ts";
import { type SaveBytes, saveRequests } from "./save-requests.ts";
import { configOf, secret, sign } from "./support.ts";

const nextTurn = promisify(setImmediate);

const saving = "/api/v1/progress/save";
/** The same resource, but not the same text: the shortcut does not know it. */
const savingByRoute = `${saving}?`;

/** The HTTP side on real use cases, at a time that stands still, with an eye on what comes to the router. */
class Entrance implements AsyncDisposable {
  readonly clock = new TestClock();
  /** How many requests the router has been given. */
  routed = 0;
  readonly app: FastifyInstance;
  readonly #stack: AsyncDisposableStack;
  #newest: Socket | undefined;

  private constructor(app: FastifyInstance, stack: AsyncDisposableStack) {
    this.app = app;
    this.#stack = stack;
    app.server.on("connection", (socket) => (this.#newest = socket));
    const routing = app.routing.bind(app);
    app.routing = (request, response) => {
      this.routed++;
      routing(request, response);
    };
  }

  static async open({ corsOrigins = [] as string[], rateLimitPerSecond = 100_000 } = {}): Promise<Entrance> {
    await using stack = new AsyncDisposableStack();
    const config = configOf(stack.use(await TempFolder.create()), { corsOrigins, rateLimitPerSecond });
    const backend = stack.use(await openBackend(config, new TestClock()));
    const lectures = ["a", "b", "constructor"].map((id) => ({
      lectureId: lecture(id),
      title: id,
      durationSeconds: 100,
    }));
    await backend.core.editor.replace({ courseId: course("c"), title: "c", lectures });
    const app = await createApp({
      ...backend.core,
      rateLimitPerSecond,
      corsOrigins,
      tokens: await TokenVerifier.create({ secret }),
      readiness: async () => ({ status: "ok", parts: {} }),
      metrics: async () => ({ contentType: "text/plain", body: "" }),
      logger: backend.logger,
    });
    stack.defer(() => app.close());
    await app.listen({ host: "127.0.0.1", port: 0 });
    return new Entrance(app, stack.move());
  }

  /**
   * Sends bytes, torn apart or not.
   * @returns what comes back until so many answers are there, or the connection ends
   */
  async send(parts: readonly Buffer[], { answers = 1, between = () => nextTurn() } = {}): Promise<string[]> {
    const socket = connect((this.app.server.address() as AddressInfo).port, "127.0.0.1").setNoDelay();
    let received = "";
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    socket.on("data", (bytes: Buffer) => {
      received += bytes.toString("latin1");
      const complete = answersIn(received);
      if (complete.length === answers) resolve(complete);
    });
    socket.on("error", reject).on("close", () => resolve(answersIn(received)));
    await once(socket, "connect");
    for (const part of parts) {
      socket.write(part);
      await between();
    }
    return promise.finally(() => socket.destroy());
  }

  /** Whether something has arrived on the newest connection. */
  isBeingAsked(): boolean {
    return this.#newest !== undefined && this.#newest.bytesRead > 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Whole answers, without their date; a `100 Continue` is none. */
function answersIn(received: string): string[] {
  const answers: string[] = [];
  let rest = received;
  for (;;) {
    const headLength = rest.indexOf("\r\n\r\n") + 4;
    if (headLength < 4) return answers;
    const head = rest.slice(0, headLength);
    const isFinal = !head.startsWith("HTTP/1.1 100");
    const length = isFinal ? Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) : 0;
    if (rest.length < headLength + length) return answers;
    if (isFinal) answers.push(rest.slice(0, headLength + length).replace(/^date: .*\r\n/im, ""));
    rest = rest.slice(headLength + length);
  }
}

function bytesOf({ method, headers, body, isChunked, tornAt }: SaveBytes, path: string): Buffer[] {
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
  const head = [`${method} ${path} HTTP/1.1`, "Host: progress", ...headers, framing].join("\r\n");
  const chunks = body.length === 0 ? ["0\r\n\r\n"] : [`${body.length.toString(16)}\r\n`, body, "\r\n0\r\n\r\n"];
  const content = isChunked ? Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string))) : body;
  const whole = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), content]);
  if (tornAt === undefined) return [whole];
  const at = Math.round(whole.length * tornAt);
  return [whole.subarray(0, at), whole.subarray(at)];
}

function plainSave(token: string, body: object): SaveBytes {
  const headers = ["Content-Type: application/json", `Authorization: Bearer ${token}`];
  const bytes = Buffer.from(JSON.stringify(body));
  return { method: "POST", headers, body: bytes, isChunked: false, tornAt: undefined, isPlain: true };
}

const heartbeat = { courseId: "c", lectureId: "a", watchTime: 61.25 };

describe("the shortcut of saving", () => {
  let known = "";
  before(async () => {
    known = await sign();
  });

  for (const corsOrigins of [[], ["https://learn.example.org"]]) {
    describe(corsOrigins.length === 0 ? "without other origins" : "with other origins", () => {
      let entrance: Entrance;
      const taken = { byShortcut: 0, byRoute: 0 };
      before(async () => {
        entrance = await Entrance.open({ corsOrigins });
        await entrance.send(bytesOf(plainSave(known, heartbeat), saving));
      });
      after(() => entrance[Symbol.asyncDispose]());

      it("answers every request, right or wrong, as the route does, byte for byte", { timeout: 180_000 }, async () => {
        const forged = await sign({}, { alg: "HS256" }, "a forger's secret, long enough to be one");
        const tokens = { known, fresh: await sign({ sub: "fresh" }), forged };
        const property = fc.asyncProperty(saveRequests(tokens), async (request) => {
          const routedBefore = entrance.routed;
          const answer = await entrance.send(bytesOf(request, saving));
          const isRouted = entrance.routed > routedBefore;
          assert.deepEqual(answer, await entrance.send(bytesOf(request, savingByRoute)));
          taken[isRouted ? "byRoute" : "byShortcut"]++;
          const isServed = answer[0]?.startsWith("HTTP/1.1 200") === true;
          if (request.isPlain && isServed) assert.ok(!isRouted, "a plain save needs no router");
          if (!request.isPlain) assert.ok(isRouted, "what is odd is for the router");
        });
        await fc.assert(property, { numRuns: 600 });
      });

      it("has been taken, and not taken, often enough to tell", () => {
        assert.ok(taken.byShortcut > 50 && taken.byRoute > 50, JSON.stringify(taken));
      });
    });
  }

  it("stores what it has answered for", async () => {
    await using entrance = await Entrance.open();
    await entrance.send(bytesOf(plainSave(known, heartbeat), saving));
    const { routed } = entrance;
    for (const watchTime of [70, 80])
      await entrance.send(bytesOf(plainSave(known, { ...heartbeat, watchTime }), saving));
    assert.equal(entrance.routed, routed);
    const read = await entrance.app.inject({
      url: "/api/v1/progress/c",
      headers: { authorization: `Bearer ${known}` },
    });
    assert.deepEqual(read.json<{ watchTimes: object }>().watchTimes, { a: 80 });
  });

  it("answers pipelined requests in their order, whoever serves them", async () => {
    await using entrance = await Entrance.open();
    await entrance.send(bytesOf(plainSave(known, heartbeat), saving));
    const wrong = plainSave(known, { ...heartbeat, lectureId: "nope" });
    const requests = [plainSave(known, heartbeat), wrong, plainSave(known, {}), plainSave(known, heartbeat)];
    const answers = await entrance.send([Buffer.concat(requests.flatMap((request) => bytesOf(request, saving)))], {
      answers: 4,
    });
    assert.deepEqual(
      answers.map((answer) => answer.slice(9, 12)),
      ["200", "404", "400", "200"],
    );
  });

  it("counts each request once for the rate limit, whoever serves it", async () => {
    await using entrance = await Entrance.open({ rateLimitPerSecond: 4 });
    const right = plainSave(known, heartbeat);
    await entrance.send(bytesOf(right, saving));
    const { routed } = entrance;
    const [wrong, lost] = [plainSave(known, {}), plainSave(known, { ...heartbeat, lectureId: "nope" })];
    // In one piece, so that all fall into one second: a new one, or the rest of the one that the first save began.
    const pieces = [wrong, lost, right, right, right, right].flatMap((request) => bytesOf(request, saving));
    const sent = Buffer.concat([...pieces, ...bytesOf(right, savingByRoute)]);
    const answers = await entrance.send([sent], { answers: 7 });
    const statuses = answers.map((answer) => Number(answer.slice(9, 12)));
    const allowed = statuses.filter((status) => status !== 429);
    assert.deepEqual(allowed, [400, 404, 200, 200].slice(0, allowed.length));
    assert.ok(allowed.length === 3 || allowed.length === 4, statuses.join(" "));
    assert.deepEqual(new Set(answers.slice(allowed.length)).size, 1, "all refusals are the same, byte for byte");
    assert.ok(entrance.routed - routed < 7, "the shortcut was taken");
  });

  it("tells a save that failed as the route does", async () => {
    await using entrance = await Entrance.open();
    await entrance.send(bytesOf(plainSave(known, heartbeat), saving));
    const { routed } = entrance;
    const failing = { ...heartbeat, sessionId: "00000000000000aa", sessionStartedAt: 9e12, elapsedMs: 0, seq: 1 };
    const [byShortcut] = await entrance.send(bytesOf(plainSave(known, failing), saving));
    assert.equal(entrance.routed, routed);
    const [byRoute] = await entrance.send(bytesOf(plainSave(known, failing), savingByRoute));
    assert.match(byShortcut ?? "", /^HTTP\/1.1 409 .*session_clock/s);
    assert.equal(byShortcut, byRoute);
  });

  it("is closed when the service stops: the last answers say that their connection ends", async () => {
    await using entrance = await Entrance.open();
    await entrance.send(bytesOf(plainSave(known, heartbeat), saving));
    const request = Buffer.concat(bytesOf(plainSave(known, heartbeat), saving));
    let closing: Promise<undefined> | undefined;
    const close = async (): Promise<void> => {
      await eventually(async () => (entrance.isBeingAsked() ? true : undefined));
      closing ??= entrance.app.close();
      await eventually(async () => (entrance.app.server.listening ? undefined : true));
    };
    const [answer = ""] = await entrance.send([request.subarray(0, 20), request.subarray(20)], { between: close });
    await closing;
    assert.match(answer, /^HTTP\/1.1 200 /);
    assert.match(answer, /^connection: close\r\n/im);
  });
});
