import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpError, type ProblemAnswer, type ProblemCode, problemOf } from "./problem.ts";

/** What goes with every answer: none is for a cache, and none is anything but what it says it is. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

export const problemType = "application/problem+json";
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
const outageLogMs = 10_000;

/** What a request of this route, as in `GET /api/v1/me`, is told of what went wrong. */
export type NoteFailure = (error: unknown, route: string) => ProblemAnswer;

type AnswerFailure = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** Logs what the operator has to know of, with its stack, and an outage not for every request. */
export function failureNoter(logger: FastifyBaseLogger): NoteFailure {
  const loggedAt = new Map<ProblemCode, number>();
  return (error, route) => {
    const problem = problemOf(error);
    if (problem.status === 500) logger.error({ err: error, route }, "request failed");
    if (problem.status === 503 && performance.now() - (loggedAt.get(problem.code) ?? -Infinity) > outageLogMs) {
      loggedAt.set(problem.code, performance.now());
      logger.warn({ err: error, route }, "requests are refused for now");
    }
    return problem;
  };
}

/** Answers whatever goes wrong. */
export function failureAnswerer(noteFailure: NoteFailure): AnswerFailure {
  return (error, request, reply) =>
    sendProblem(reply, noteFailure(error, `${request.method} ${request.routeOptions.url ?? "(no route)"}`));
}

/** For requests that no route takes: 405 with the methods that the path knows, else 404. */
export function noSuchRoute(app: FastifyInstance, { raw, method }: FastifyRequest): HttpError {
  const path = raw.url?.split("?", 1)[0] ?? "/";
  const allowed = methods.filter((candidate) => app.findRoute({ method: candidate, url: path }) !== null);
  if (allowed.length === 0) return new HttpError("not_found", "Nothing is here: check the path against /openapi.json.");
  const allow = allowed.join(", ");
  return new HttpError("method_not_allowed", `This path does not know ${method}: use ${allow}.`, {
    headers: { allow },
  });
}

/** A socket, with the answer that node has begun on it, if any. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/**
 * For bytes that are not HTTP, or not in time: there is no request to answer, only a socket. A whole request before them is
 * answered first.
 */
export function answerBrokenConnection(error: Error & { code?: string }, socket: AnsweringSocket): void {
  const { _httpMessage: underWay } = socket;
  if (underWay?.req.complete === true) underWay.once("close", () => refuseBytes(error, socket));
  else refuseBytes(error, socket);
}

function refuseBytes(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = problemOf(connectionError(error.code));
  const head = { ...securityHeaders, ...headers, "content-type": problemType, connection: "close" };
  const lines = Object.entries({ ...head, "content-length": String(Buffer.byteLength(body)) });
  const headText = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headText}\r\n${body}`, () => socket.destroy());
}

function connectionError(code: string | undefined): HttpError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new HttpError("headers_too_large", "The headers are too long: send fewer, or a shorter token.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new HttpError("request_timeout", "The request did not arrive in time: send it again.");
    default:
      return new HttpError("malformed_http", "This is not HTTP/1.1: correct the request.");
  }
}

/**
 * The connection stays open, and what is left of the body is read and dropped: fastify would close it under a client that
 * is still sending, which then may never see the answer.
 */
function sendProblem(reply: FastifyReply, { status, headers, body }: ProblemAnswer): FastifyReply {
  reply.removeHeader("connection");
  reply.request.raw.resume();
  // As bytes: to text fastify would add a charset, which this type does not have.
  return reply.code(status).headers(securityHeaders).headers(headers).type(problemType).send(Buffer.from(body));
}
