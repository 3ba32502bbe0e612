import { isUtf8 } from "node:buffer";
import type { FastifyRequest } from "fastify";
import { HttpError } from "./problem.ts";

/**
 * Parses a body for fastify. Members named `__proto__` become plain members that nobody reads; of duplicate members the
 * last counts. No body at all is `undefined`: whether one is needed is for the route's schema to say.
 */
export function parseJsonBody(
  request: FastifyRequest,
  bytes: Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  let body: unknown;
  try {
    body = bytes.length === 0 ? undefined : parse(bytes);
  } catch {
    done(unreadable(request));
    return;
  }
  done(null, body);
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new SyntaxError("not UTF-8");
  return JSON.parse(bytes.toString());
}

function unreadable({ headers }: FastifyRequest): HttpError {
  return headers["content-encoding"] === undefined
    ? new HttpError("invalid_json", "The body is not valid JSON in UTF-8: correct it and send it again.")
    : new HttpError("unsupported_media_type", "Compressed bodies are not taken: send it without Content-Encoding.");
}
