import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { HttpError } from "./problem.ts";

/** Far deeper than anything we take. Parsing millions of levels would keep everybody waiting for seconds. */
const maxDepth = 64;
/** What is smaller than this cannot be nested deeply enough to matter, and is not worth a look of its own. */
const smallBytes = 16 * 1024;

const bodies = new WeakMap<IncomingMessage, Buffer>();

/** Remembers the body of a request that has been read before fastify gets to see it. */
export function keepBody(request: IncomingMessage, bytes: Buffer): void {
  bodies.set(request, bytes);
}

/** A `preParsing` hook of fastify's: the body, whether it has been read before or not. */
export async function bodyOf<Payload>(
  { raw }: FastifyRequest,
  _reply: unknown,
  payload: Payload,
): Promise<Payload | Readable> {
  const bytes = bodies.get(raw);
  return bytes === undefined ? payload : Readable.from(bytes, { objectMode: false });
}

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
    body = bytes.length === 0 ? undefined : parseJson(bytes);
  } catch {
    done(unreadable(request));
    return;
  }
  done(null, body);
}

/** @throws SyntaxError for what is no JSON in UTF-8, or nested too deeply */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new SyntaxError("not UTF-8");
  if (bytes.length > smallBytes && depthOf(bytes) > maxDepth) throw new SyntaxError("nested too deeply");
  return JSON.parse(bytes.toString());
}

/** How deeply the brackets outside of strings are nested; stops counting where it is too deep. */
function depthOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < bytes.length && deepest <= maxDepth; at++) {
    const byte = bytes[at];
    if (isInString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) isInString = false;
    } else if (byte === 0x22) isInString = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}

function unreadable({ headers }: FastifyRequest): HttpError {
  return headers["content-encoding"] === undefined
    ? new HttpError("invalid_json", "The body is not valid JSON in UTF-8, or nested too deeply: correct it.")
    : new HttpError("unsupported_media_type", "Compressed bodies are not taken: send it without Content-Encoding.");
}
