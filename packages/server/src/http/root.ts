import { HealthResponse } from "@aetherlearn/protocol/schema";
import { type Static, Type } from "typebox";
import type { Api } from "./validation.ts";

export interface RootDeps {
  /** Whether every part of the service can do its work. */
  readiness: () => Promise<Static<typeof HealthResponse>>;
  /** In the format of the scraper. */
  metrics: () => Promise<{ contentType: string; body: string }>;
}

/** What operators and their machines ask, without a token. */
export function rootRoutes(api: Api, { readiness, metrics }: RootDeps): void {
  api.get(
    "/health/live",
    {
      schema: {
        operationId: "isAlive",
        tags: ["Operation"],
        summary: "Whether the process answers at all",
        security: [],
        response: { 200: HealthResponse },
      },
    },
    async () => ({ status: "ok", parts: {} }) as const,
  );

  api.get(
    "/health/ready",
    {
      schema: {
        operationId: "isReady",
        tags: ["Operation"],
        summary: "Whether requests should be sent here",
        security: [],
        response: { 200: HealthResponse, 503: HealthResponse },
      },
    },
    async (_request, reply) => {
      const health = await readiness();
      return reply.code(health.status === "ok" ? 200 : 503).send(health);
    },
  );

  api.get(
    "/metrics",
    {
      schema: {
        operationId: "readMetrics",
        tags: ["Operation"],
        summary: "Figures for Prometheus",
        security: [],
        produces: ["text/plain"],
        response: { 200: Type.String({ description: "Prometheus text format." }) },
      },
    },
    async (_request, reply) => {
      const { contentType, body } = await metrics();
      return reply.type(contentType).send(body);
    },
  );
}
