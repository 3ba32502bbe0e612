import type { FastifyInstance, FastifyRequest } from "fastify";

/** Players read when to come back, and the service's clock to read it by. */
const exposed = "Retry-After, Date";

/** How long a browser need not ask again. More than two hours is not believed by any. */
const preflightHeaders = {
  "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
  "access-control-allow-headers": "Authorization, Content-Type",
  "access-control-max-age": "7200",
};

/** What these origins, and no others, have to be told with every answer of the API. */
export function originHeaders(
  origins: readonly string[],
): (origin: string | undefined) => Readonly<Record<string, string>> {
  if (origins.length === 0) return () => ({});
  // Also without an origin: a cache in between must not give one page's answer to another.
  const vary = { vary: "Origin" };
  const allowed = new Map(
    origins.map((origin) => [
      origin,
      { ...vary, "access-control-allow-origin": origin, "access-control-expose-headers": exposed },
    ]),
  );
  return (origin = "") => allowed.get(origin) ?? vary;
}

/**
 * Lets pages of these origins, and of no others, use the API. Never with cookies: a token says who it is. To be called
 * before other hooks, so that what they refuse can be read as well.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = new Set(origins);
  const headersFor = originHeaders(origins);
  app.addHook("onRequest", (request, reply, done) => {
    if (!request.url.startsWith("/api/")) return done();
    const { origin } = request.headers;
    void reply.headers(headersFor(origin));
    if (origin === undefined || !allowed.has(origin) || !isPreflight(request)) return done();
    // Whether the path exists is for the request itself to hear: a refused preflight tells a page nothing.
    return void reply.code(204).headers(preflightHeaders).send();
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}
