import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ConfigError, readConfig } from "../../src/config.ts";
import { type Answer, TestService } from "./support.ts";

const platform = "https://learn.example.org";
const saving = "/api/v1/progress/save";

function preflight(service: TestService, origin: string, path: string = saving): Promise<Answer> {
  const headers = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
  };
  return service.at("OPTIONS", path, { headers });
}

function corsHeaders({ headers }: Answer): string[] {
  return [...headers.keys()].filter((name) => name.startsWith("access-control-"));
}

describe("pages of other origins", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start({ corsOrigins: [platform, "http://localhost:5173"] });
  });
  after(() => service[Symbol.asyncDispose]());

  it("may send what a player sends, when their origin is allowed", async () => {
    for (const origin of [platform, "http://localhost:5173"]) {
      const { status, headers, text } = await preflight(service, origin);
      assert.deepEqual([status, text], [204, ""]);
      assert.equal(headers.get("access-control-allow-origin"), origin);
      assert.equal(headers.get("access-control-allow-headers"), "Authorization, Content-Type");
      assert.match(headers.get("access-control-allow-methods") ?? "", /\bPOST\b.*\bPATCH\b.*\bDELETE\b/);
      assert.ok(Number(headers.get("access-control-max-age")) >= 600);
      assert.equal(headers.get("vary"), "Origin");
      assert.equal(headers.get("access-control-allow-credentials"), null);
    }
  });

  it("may read answers and problems, Retry-After and Date", async () => {
    const read = await service.student("GET", "/stats/student", { headers: { origin: platform } });
    const refused = await service.at("GET", "/api/v1/stats/student", { headers: { origin: platform } });
    const unknown = await service.at("GET", "/api/v1/nothing", { headers: { origin: platform } });
    assert.deepEqual([read.status, refused.status, unknown.status], [200, 401, 404]);
    for (const { headers } of [read, refused, unknown]) {
      assert.equal(headers.get("access-control-allow-origin"), platform);
      assert.equal(headers.get("access-control-expose-headers"), "Retry-After, Date");
      assert.ok(headers.has("date"));
    }
  });

  it("hear of a path that does not exist by the request itself, as a refused preflight tells them nothing", async () => {
    assert.equal((await preflight(service, platform, "/api/v1/nothing")).status, 204);
  });

  it("are told nothing when their origin is not allowed to the letter", async () => {
    for (const origin of [
      "https://learn.example.org.evil.example",
      "http://learn.example.org",
      "null",
      "https://evil",
    ]) {
      const asked = await preflight(service, origin);
      assert.deepEqual([asked.status, corsHeaders(asked)], [405, []], origin);
      const read = await service.student("GET", "/stats/student", { headers: { origin } });
      assert.deepEqual([read.status, corsHeaders(read), read.headers.get("vary")], [200, [], "Origin"], origin);
    }
  });

  it("get nothing outside of the API", async () => {
    const live = await service.at("GET", "/health/live", { headers: { origin: platform } });
    assert.deepEqual(corsHeaders(live), []);
  });

  it("and OPTIONS that is no preflight is a method like others", async () => {
    assert.equal((await service.at("OPTIONS", saving, { headers: { origin: platform } })).status, 405);
  });
});

describe("without CORS_ORIGINS", () => {
  it("no other origin is let in, and OPTIONS is 405", async () => {
    await using service = await TestService.start();
    const asked = await preflight(service, platform);
    assert.deepEqual([asked.status, corsHeaders(asked), asked.headers.get("vary")], [405, [], null]);
  });
});

describe("CORS_ORIGINS", () => {
  it("is a list of origins", () => {
    assert.deepEqual(readConfig({}).corsOrigins, []);
    assert.deepEqual(readConfig({ CORS_ORIGINS: ` ${platform}, http://localhost:5173 ,` }).corsOrigins, [
      platform,
      "http://localhost:5173",
    ]);
  });

  it("takes exact origins only, and says what is wrong with others", () => {
    for (const wrong of [
      "*",
      "https://*.example.org",
      "learn.example.org",
      `${platform}/`,
      `${platform}/app`,
      "null",
      "ftp://a",
      "https://LEARN.example.org",
    ]) {
      assert.throws(
        () => readConfig({ CORS_ORIGINS: `${platform},${wrong}` }),
        (error) =>
          error instanceof ConfigError && error.message.includes(`"${wrong}"`) && /https:\/\//.test(error.message),
        wrong,
      );
    }
  });
});
