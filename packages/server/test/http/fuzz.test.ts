import assert from "node:assert/strict";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import * as fc from "fast-check";
import { Compile } from "typebox/schema";
import { type FuzzRequest, type OpenApi, requestsOf, type Who } from "./openapi-requests.ts";
import type { JsonSchema } from "./schema-values.ts";
import { sign, TestService } from "./support.ts";

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Sends the path as it is: nothing may tidy up what the fuzzer made. */
async function send(url: string, { method, path, type, body }: FuzzRequest, token: string | undefined): Promise<Reply> {
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(type !== undefined && { "content-type": type }),
    ...(body !== undefined && { "content-length": body.length }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const sent = request(url, { method, path, headers, agent }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
    );
  });
  sent.on("error", reject).end(body);
  return promise;
}

/** Whether text is JSON that the schema allows; compiled once for each schema. */
function conforms(): (text: string, schema: JsonSchema) => boolean {
  const compiled = new Map<JsonSchema, { Check(value: unknown): boolean }>();
  return (text, schema) => {
    const validator = compiled.get(schema) ?? Compile(schema as object);
    compiled.set(schema, validator);
    return validator.Check(JSON.parse(text));
  };
}

describe("any request at all, made of the published document", () => {
  let service: TestService;
  let document: OpenApi;
  let tokens: Record<Who, string | undefined>;
  const isAllowed = conforms();
  const seen = new Map<string, number>();

  before(async () => {
    service = await TestService.start();
    await furnish();
    document = (await service.at("GET", "/openapi.json")).body as OpenApi;
    tokens = {
      student: await sign({ sub: "fuzz" }),
      admin: await sign({ sub: "fuzz", role: "admin" }),
      nobody: undefined,
      forger: await sign({ sub: "fuzz", role: "admin" }, { alg: "HS256" }, "a forger's secret, long enough to be one"),
    };
  });
  after(async () => {
    agent.destroy();
    await service[Symbol.asyncDispose]();
  });

  /** There is something to ask for. */
  async function furnish(): Promise<void> {
    for (const course of ["c", "constructor", "0123456789ABCDEF01234567"]) {
      await service.course(course, "a", "b", "toString", "0123456789abcdef01234567");
    }
  }

  function assertAnswered({ operation }: FuzzRequest, { status, headers, text }: Reply): void {
    const documented = operation.responses[status];
    assert.ok(documented, `${operation.operationId} does not document ${status}: ${text}`);
    const [type, content] = Object.entries(documented.content ?? {})[0] ?? [];
    if (type === undefined || content === undefined) assert.equal(text, "");
    else {
      assert.ok(headers["content-type"]?.startsWith(type), `${headers["content-type"]} instead of ${type}`);
      if (status >= 400) assertProblem(status, text, content.schema as { allOf?: JsonSchema[] });
      else if (type === "application/json") assert.ok(isAllowed(text, content.schema), `not as published: ${text}`);
    }
    assert.equal(headers["x-content-type-options"], "nosniff");
  }

  /** The published schema refers to the shared one and narrows its code. */
  function assertProblem(status: number, text: string, { allOf = [] }: { allOf?: JsonSchema[] }): void {
    assert.ok(isAllowed(text, document.components.schemas.Problem), text);
    const { code, status: told } = JSON.parse(text) as { code: string; status: number };
    assert.equal(told, status);
    assert.ok(allOf[1]?.properties?.["code"]?.enum?.includes(code), `${code} is not published for ${status}`);
  }

  const ask = async (made: FuzzRequest) => {
    const unchanged = service.dump();
    const reply = await send(service.url, made, tokens[made.who]);
    return { reply, isChanged: service.dump() !== unchanged };
  };

  it(
    "gets an answer as published, never a 5xx, and changes nothing when it is refused",
    { timeout: 180_000 },
    async () => {
      let isSomethingLeft = false;
      const property = fc.asyncProperty(requestsOf(document), async (made) => {
        // Reading a course may notice that it is complete and record that in the background: let it finish first.
        if (isSomethingLeft) await delay(20);
        const { reply, isChanged } = await ask(made);
        const { operationId } = made.operation;
        const outcome = `${operationId} ${reply.status}`;
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        assert.ok(reply.status < 500, `${reply.status}: ${reply.text}`);
        assertAnswered(made, reply);
        assert.ok(reply.status < 400 || !isChanged, `${outcome} has changed what is stored`);
        isSomethingLeft = operationId === "readProgress" && reply.status === 200;
        if (operationId === "removeLecture" && reply.status < 400) await furnish();
      });
      await fc.assert(property, { numRuns: 1_500 });
      // Chance may have left an operation without one of its two outcomes: go on until none is.
      for (let more = 0; more < 10 && lacking().length > 0; more++) await fc.assert(property, { numRuns: 500 });
    },
  );

  it("has had every operation both succeed and be refused", () => {
    assert.deepEqual(lacking(), []);
  });

  /** The outcomes, such as `saveProgress 2`, that no request has had yet. */
  function lacking(): string[] {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const wanted = operations.flatMap(({ operationId, security }) =>
      security ? [`${operationId} 2`] : [`${operationId} 2`, `${operationId} 4`],
    );
    return wanted.filter((outcome) => ![...seen.keys()].some((had) => had.startsWith(outcome)));
  }
});
