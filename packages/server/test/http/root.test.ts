import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestService } from "./support.ts";

interface Operation {
  readonly operationId: string;
  readonly tags: string[];
  readonly summary: string;
  readonly security?: unknown[];
  readonly responses: Record<string, { description: string; content?: object }>;
}

interface Taking {
  readonly requestBody: {
    content: {
      "application/cloudevents+json": { schema: { properties: Record<"type" | "specversion", { const: string }> } };
    };
  };
}

describe("what needs no token", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
  });
  after(() => service[Symbol.asyncDispose]());

  it("tells whether the service is alive and ready", async () => {
    const live = await service.at("GET", "/health/live");
    assert.deepEqual([live.status, live.body], [200, { status: "ok", parts: {} }]);
    const ready = await service.at("GET", "/health/ready");
    assert.deepEqual([ready.status, ready.body], [200, { status: "ok", parts: { database: { status: "ok" } } }]);
  });

  it("gives Prometheus its figures", async () => {
    const { status, headers, text } = await service.at("GET", "/metrics");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^text\/plain/);
    assert.match(text, /^# HELP /);
  });

  it("publishes every route, each with an id, a tag, a summary and every problem it answers with", async () => {
    const { status, headers, body } = await service.at("GET", "/openapi.json");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^application\/json/);
    assert.match(body.openapi, /^3\.1\./);
    const paths = Object.values(body.paths as Record<string, Record<string, Operation>>);
    const operations = paths.flatMap((path) => Object.values(path));
    assert.equal(operations.length, 25);
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
    for (const { operationId, tags, summary, responses, security } of operations) {
      assert.ok(tags.length === 1 && summary.length > 0, operationId);
      if (security === undefined) assert.ok(responses[401] && responses[429] && responses[503], operationId);
      for (const [code, response] of Object.entries(
        responses as Record<string, { content?: object; description: string }>,
      )) {
        assert.notEqual(response.description, "Default Response", `${operationId} ${code}`);
        const isProblem = Number(code) >= 400 && operationId !== "isReady";
        if (isProblem) assert.deepEqual(Object.keys(response.content ?? {}), ["application/problem+json"]);
      }
    }
    assert.deepEqual(body.security, [{ bearer: [] }]);
    assert.equal(body.components.securitySchemes.bearer.scheme, "bearer");
  });

  it("publishes what leaves the service, one schema for each type of event", async () => {
    const { body } = await service.at("GET", "/openapi.json");
    assert.deepEqual(Object.keys(body.webhooks), [
      "lecture.completed",
      "course.completed",
      "streak.reached",
      "achievement.earned",
    ]);
    for (const [type, { post }] of Object.entries(body.webhooks as Record<string, { post: Operation & Taking }>)) {
      const { properties } = post.requestBody.content["application/cloudevents+json"].schema;
      assert.equal(properties.type.const, type);
      assert.equal(properties.specversion.const, "1.0");
      assert.ok(post.summary.length > 0);
    }
  });

  it("publishes both ways to send a save, with examples", async () => {
    const { body } = await service.at("GET", "/openapi.json");
    const { content } = body.paths["/api/v1/progress/save"].post.requestBody;
    assert.deepEqual(Object.keys(content), ["application/json", "text/plain"]);
    assert.ok((content["text/plain"].schema.required as string[]).includes("token"));
    assert.equal(Object.keys(content["application/json"].examples).length, 2);
  });

  it("shows the docs, from itself alone", async () => {
    const { status, headers, text } = await service.at("GET", "/docs");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^text\/html/);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(policy + text, /https?:\/\/(?!www\.w3\.org)|upgrade-insecure-requests|<script>/);
    for (const [, address = ""] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      assert.equal((await service.at("GET", new URL(address, `${service.url}/docs`).pathname)).status, 200, address);
    }
  });

  it("does not let its answers be cached or guessed at", async () => {
    for (const path of ["/health/live", "/metrics", "/openapi.json", "/api/v1/me"]) {
      const { headers } = await service.at("GET", path);
      assert.equal(headers.get("cache-control"), "no-store", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    }
  });
});
