import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { json } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { problemTable } from "../../src/http/problem.ts";
import { type Answer, sign, TestService } from "./support.ts";

const problemType = "application/problem+json";

/** What every problem is, whatever its code. */
function assertProblem({ status, headers, body }: Answer, expected: string, message = expected): void {
  assert.equal(`${status} ${body?.code}`, expected, message);
  assert.equal(headers.get("content-type"), problemType, message);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(body.status, status);
  assert.ok(body.title.length > 0);
  assert.ok(body.detail.length > 10);
}

describe("requests that go wrong", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
    await service.course("c", "a");
  });
  after(() => service[Symbol.asyncDispose]());

  const good = JSON.stringify({ courseId: "c", lectureId: "a", watchTime: 1 });
  const save = (how: object) => service.student("POST", "/progress/save", { body: good, ...how });

  /** Bytes as they are, in one piece; the answer as it comes. */
  const raw = async (text: string | Buffer, { stays = false } = {}): Promise<string> => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    if (stays) socket.write(text);
    else socket.end(text);
    const chunks = await Array.fromAsync(socket as AsyncIterable<Buffer>);
    return Buffer.concat(chunks).toString();
  };

  it("asks for the token first, whatever else is wrong", async () => {
    for (const how of [
      {},
      { body: "{" },
      { type: "text/xml" },
      { type: null, body: Buffer.from("x") },
      { body: "x".repeat(9999) },
    ]) {
      const answer = await save({ token: null, ...how });
      assertProblem(answer, "401 unauthorized", JSON.stringify(how));
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    }
    assertProblem(await service.at("GET", "/api/v1/progress/__proto__"), "401 unauthorized");
    for (const authorization of ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token x"]) {
      assertProblem(await save({ token: null, headers: { authorization } }), "401 unauthorized", authorization);
    }
  });

  it("takes JSON as application/json only, in any spelling of it", async () => {
    for (const type of ["application/json", "application/json;charset=utf-8", "Application/JSON ; charset=UTF-8"]) {
      assert.equal((await save({ type })).status, 200, type);
    }
    const others = [
      "text/html",
      "application/x-www-form-urlencoded",
      "application/json-patch+json",
      "multipart/form-data",
      "json",
    ];
    for (const type of [...others, "application/jsonx", "*/*", "application/json, text/plain", ";", "application/"]) {
      assertProblem(await save({ type }), "415 unsupported_media_type", type);
    }
  });

  it("wants to be told what a body is, also an empty one", async () => {
    assertProblem(await save({ type: null, body: Buffer.from(good) }), "415 unsupported_media_type");
    assertProblem(await save({ type: null, body: undefined }), "415 unsupported_media_type");
  });

  it("refuses compressed bodies", async () => {
    const body = Buffer.from(
      await new Response(new Blob([good]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
    );
    assertProblem(await save({ body, headers: { "content-encoding": "gzip" } }), "415 unsupported_media_type");
  });

  it("refuses what is no JSON", async () => {
    const broken = [
      "{",
      good.slice(0, -1),
      `${good}x`,
      "{'a':1}",
      "undefined",
      "NaN",
      "\u0000",
      "[1,]",
      Buffer.from([0x22, 0xff, 0x22]),
    ];
    for (const body of broken) assertProblem(await save({ body }), "400 invalid_json", String(body));
  });

  it("refuses JSON that is no object, and no body at all, as invalid", async () => {
    for (const body of ["", "null", "5", '"x"', "[]", "true", "[".repeat(1000) + "]".repeat(1000)]) {
      const answer = await save({ body, type: "application/json" });
      assertProblem(answer, "400 invalid_request", body.slice(0, 10));
      assert.deepEqual(answer.body.errors[0], { field: "body", message: "must be object" });
    }
  });

  it("takes 4 KiB on a student's route and not a byte more, announced or not", async () => {
    const padded = (size: number) => good.replace("{", `{"x":"${"x".repeat(size - good.length - 7)}",`);
    assert.equal(padded(4096).length, 4096);
    for (let round = 0; round < 20; round++) {
      assert.equal((await save({ body: padded(4096) })).status, 200);
      assertProblem(await save({ body: padded(4097) }), "413 body_too_large");
      assertProblem(await save({ body: padded(1_000_000) }), "413 body_too_large");
    }
    const chunk = "x".repeat(5000);
    const { student } = { student: await raw(chunked("/api/v1/progress/save", chunk)) };
    assert.match(student, /^HTTP\/1\.1 401 /);
    assertProblem(await service.student("PUT", "/me", { body: { timeZone: "UTC", x: chunk } }), "413 body_too_large");
  });

  it("lets a client that sends far too much send it, and hear the answer", async () => {
    const tooMuch = Buffer.alloc(24 * 1024 * 1024, " ");
    const authorization = `Bearer ${await sign({ role: "instructor" })}`;
    for (const length of [{ "content-length": tooMuch.length }, { "transfer-encoding": "chunked" }]) {
      const headers = { authorization, "content-type": "application/json", ...length };
      const sending = request(`${service.url}/api/v1/courses/import`, { method: "POST", headers });
      sending.end(tooMuch);
      const [response] = (await once(sending, "response")) as [IncomingMessage];
      assert.equal(response.statusCode, 413);
      assert.equal(((await json(response)) as { code: string }).code, "body_too_large");
      if (!sending.writableFinished) await once(sending, "finish");
    }
  });

  it("answers 404 for paths that do not exist, whatever is sent there", async () => {
    for (const path of [
      "/nope",
      "/api",
      "/api/v1",
      "/api/v2/me",
      "/api/v1/progress/c/x",
      "/api/v1/me/",
      "//",
      "/API/V1/me",
      "/api/v1//me",
    ]) {
      for (const method of ["GET", "POST", "OPTIONS"]) {
        assertProblem(await service.at(method, path, method === "POST" ? { body: "{" } : {}), "404 not_found", path);
      }
    }
  });

  it("answers 405 with what a path knows, on every route and before anything else", async () => {
    const allowed: Record<string, string> = {
      "/progress/save": "GET, HEAD, POST, DELETE",
      "/progress/complete": "GET, HEAD, POST, DELETE",
      "/progress/c": "GET, HEAD, DELETE",
      "/progress/heatmap/mark": "POST",
      "/progress/heatmap/data?fill=zero": "GET, HEAD",
      "/progress/c/lectures/a/completion": "DELETE",
      "/progress/c/lectures/a/played": "GET, HEAD, PUT",
      "/stats/course-progress": "GET, HEAD",
      "/stats/student": "GET, HEAD",
      "/courses/c": "GET, HEAD, PUT",
      "/courses/import": "GET, HEAD, POST, PUT",
      "/courses/c/lectures": "POST",
      "/courses/c/lectures/a": "PATCH, DELETE",
      "/me": "GET, HEAD, PUT",
      "/me/data": "GET, HEAD, DELETE",
    };
    for (const [path, allow] of Object.entries(allowed)) {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY"]) {
        if (allow.split(", ").includes(method)) continue;
        const answer = await service.at(method, `/api/v1${path}`, method === "POST" ? { body: "{", type: "x/y" } : {});
        assertProblem(answer, "405 method_not_allowed", `${method} ${path}`);
        assert.equal(answer.headers.get("allow"), allow, `${method} ${path}`);
      }
    }
    assertProblem(await service.at("DELETE", "/health/live"), "405 method_not_allowed");
  });

  it("every problem is explained where integrators look for it", () => {
    const guide = readFileSync(new URL("../../../../docs/integrating.md", import.meta.url), "utf8");
    const rows = guide.split("\n").filter((line) => /^\| \d{3}/.test(line));
    for (const [code, { status }] of Object.entries(problemTable)) {
      assert.ok(
        rows.some((row) => row.includes(`\`${code}\``) && row.split("|")[1]?.includes(String(status))),
        `${status} ${code}`,
      );
    }
  });

  it("refuses a path that is no UTF-8", async () => {
    for (const path of ["/api/v1/progress/%zz", "/api/v1/progress/%", "/api/v1/progress/%ff", "/%E0%A4%A"]) {
      const answer = await service.student("GET", path.replace("/api/v1", ""));
      assertProblem(answer, "400 invalid_request", path);
      assert.deepEqual(answer.fields, ["path"]);
    }
  });

  it("answers in problems even where there is no HTTP request", async () => {
    const cases = [
      ["hello\r\n\r\n", 400, "malformed_http"],
      [`GET /me HTTP/1.1\r\nHost: x\r\nCookie: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large"],
      ["POST /api/v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "malformed_http"],
      ["GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400, "malformed_http"],
    ] as const;
    for (const [text, status, code] of cases) {
      const answer = await raw(text);
      assert.match(
        answer,
        new RegExp(`^HTTP/1\\.1 ${status} .*content-type: application/problem\\+json.*"code":"${code}"`, "s"),
      );
    }
  });

  it("answers a whole request before it refuses the bytes that follow it", async () => {
    const head = `Host: x\r\nAuthorization: Bearer ${await sign({ sub: "student" })}\r\n`;
    const body = `Content-Type: application/json\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
    for (const whole of [
      `POST /api/v1/progress/save HTTP/1.1\r\n${head}${body}`,
      `GET /api/v1/me HTTP/1.1\r\n${head}\r\n`,
    ]) {
      const answers = await raw(`${whole}no HTTP at all\r\n\r\n`, { stays: true });
      const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
      assert.deepEqual(statuses, [200, 400], answers);
    }
  });

  it("stores nothing of a body that ends too soon", async () => {
    const unchanged = service.dump();
    await raw(
      `POST /api/v1/progress/save HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n${good}`,
    );
    assert.equal(service.dump(), unchanged);
    assert.equal((await service.at("GET", "/health/live")).status, 200);
  });

  it("tells nobody what it is made of", async () => {
    const answers = [await save({ body: "{" }), await service.at("GET", "/nope"), await save({ token: "x" })];
    for (const { text, headers } of answers) {
      assert.doesNotMatch(text, /fastify|typebox|node_modules|\.ts|FST_|SyntaxError|at /i);
      assert.equal(headers.get("x-powered-by"), null);
      assert.equal(headers.get("server"), null);
    }
  });
});

function chunked(path: string, body: string): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n`;
  return `${head}Connection: close\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}
