import { STATUS_CODES } from "node:http";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { events } from "@aetherlearn/protocol/event-schema";
import { BeaconRequest, Problem, SaveRequest } from "@aetherlearn/protocol/schema";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";
import { type ProblemCode, problemTable } from "./problem.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The problems that only this route answers with; those of every route are known. */
    problems?: readonly ProblemCode[];
    /** Also takes `text/plain` with the token in the body. */
    takesBeacons?: boolean;
  }
}

interface Operation {
  responses: Record<string, { description?: string }>;
  "x-problems"?: readonly ProblemCode[];
}

/** What the generator calls an answer that its schema does not describe. */
const unnamed = "Default Response";

const info = {
  title: "AetherLearn Progress",
  version: "1",
  description:
    "Remembers where every student stopped in every lecture. The student is the token's `sub`. " +
    "Every error is a problem (RFC 9457) with a stable `code`.",
};

const tags = [
  { name: "Progress", description: "Positions and completions in a course" },
  { name: "Dashboard", description: "Progress over all courses, activity and streaks" },
  { name: "Catalog", description: "Courses and their lectures" },
  { name: "Student", description: "What students decide about themselves and their data" },
  { name: "Operation", description: "For those who run the service; without a token" },
];

const bearer = { type: "http", scheme: "bearer", bearerFormat: "JWT" } as const;

/** What leaves the service, one for each type of event. */
const webhooks = Object.fromEntries(
  Object.entries(events).map(([type, schema]) => [
    type,
    {
      post: {
        operationId: type,
        summary: (schema as { description?: string }).description,
        requestBody: { required: true, content: { "application/cloudevents+json": { schema } } },
        responses: { "2XX": { description: "The event is taken." } },
      },
    },
  ]),
);

/** Everything comes from the service itself: the page works offline and can load nothing else. */
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Publishes the schemas that check requests as /openapi.json and /docs. To be called before the routes are added. */
export async function openapi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.1",
      info,
      tags,
      security: [{ bearer: [] }],
      webhooks: webhooks as Record<string, object>,
      components: { securitySchemes: { bearer }, schemas: { Problem: Problem as object } },
    },
    transform: ({ schema, url, route }) => ({ schema: documented(schema ?? {}, route), url }),
    transformObject: (document) => ("openapiObject" in document ? withProblems(document.openapiObject) : {}),
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: docsPolicy,
    uiConfig: { deepLinking: true, docExpansion: "list" },
  });
  let text: string | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.type("application/json; charset=utf-8").send(text);
  });
}

function documented(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const body = route.config?.takesBeacons === true ? { content: saveBodies } : schema.body;
  return { ...schema, ...(body !== undefined && { body }), "x-problems": codesOf(schema, route) } as FastifySchema;
}

const saveBodies = {
  "application/json": { schema: SaveRequest },
  "text/plain": { schema: BeaconRequest },
};

function codesOf(schema: FastifySchema, { method, config }: RouteOptions): ProblemCode[] {
  const isOpen = schema.security?.length === 0;
  const mayHaveBody = method !== "GET";
  const hasInput = mayHaveBody || schema.params !== undefined || schema.querystring !== undefined;
  return [
    ...(hasInput ? (["invalid_request"] as const) : []),
    ...(mayHaveBody ? (["invalid_json", "body_too_large", "unsupported_media_type"] as const) : []),
    ...(isOpen ? [] : (["unauthorized", "rate_limited", "keys_unavailable"] as const)),
    ...(config?.problems ?? []),
    "internal",
  ];
}

function withProblems(document: { paths?: object }): object {
  for (const operations of Object.values(document.paths ?? {}) as Record<string, Operation>[]) {
    for (const operation of Object.values(operations)) {
      const byStatus = Object.groupBy(operation["x-problems"] ?? [], (code) => problemTable[code].status);
      delete operation["x-problems"];
      for (const [status, response] of Object.entries(operation.responses)) {
        if (response.description === unnamed) response.description = STATUS_CODES[status] ?? status;
      }
      for (const [status, codes = []] of Object.entries(byStatus)) {
        operation.responses[status] = problemResponse(Number(status), codes);
      }
    }
  }
  return document;
}

function problemResponse(status: number, codes: readonly ProblemCode[]): object {
  const problem = { $ref: "#/components/schemas/Problem" };
  const schema = { allOf: [problem, { type: "object", properties: { code: { enum: codes } } }] };
  return {
    description: codes.map((code) => `\`${code}\``).join(", "),
    headers: headersOf(status),
    content: { "application/problem+json": { schema } },
  };
}

function headersOf(status: number): object {
  const header = (description: string) => ({ description, schema: { type: "string" } });
  if (status === 401) return { "WWW-Authenticate": header("`Bearer`, with what is wrong about the token") };
  if (status === 429 || status === 503) return { "Retry-After": header("Seconds to wait") };
  return {};
}
