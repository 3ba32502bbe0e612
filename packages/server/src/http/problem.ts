import type { ErrorCode } from "../domain/errors.ts";
import { ProgressError } from "../domain/errors.ts";

/** What can be wrong with a request before it reaches the core, or with the service around it. */
type TransportCode =
  | "invalid_json"
  | "malformed_http"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "body_too_large"
  | "unsupported_media_type"
  | "rate_limited"
  | "headers_too_large"
  | "keys_unavailable"
  | "internal";

export type ProblemCode = ErrorCode | TransportCode;

/** The one table from error code to status. A code belongs to one status for ever: clients switch on it. */
export const problemTable: Readonly<Record<ProblemCode, { readonly status: number; readonly title: string }>> = {
  invalid_request: { status: 400, title: "Invalid request" },
  invalid_json: { status: 400, title: "Invalid JSON" },
  malformed_http: { status: 400, title: "Malformed HTTP" },
  unauthorized: { status: 401, title: "Unauthorized" },
  forbidden: { status: 403, title: "Forbidden" },
  not_found: { status: 404, title: "Not found" },
  unknown_course: { status: 404, title: "Unknown course" },
  unknown_lecture: { status: 404, title: "Unknown lecture" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  request_timeout: { status: 408, title: "Request timeout" },
  lecture_exists: { status: 409, title: "Lecture exists" },
  too_many_lectures: { status: 409, title: "Too many lectures" },
  course_too_large: { status: 409, title: "Course too large" },
  session_clock: { status: 409, title: "Session ahead of the clock" },
  body_too_large: { status: 413, title: "Body too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  rate_limited: { status: 429, title: "Too many requests" },
  headers_too_large: { status: 431, title: "Headers too large" },
  internal: { status: 500, title: "Internal error" },
  busy: { status: 503, title: "Busy" },
  buffer_full: { status: 503, title: "Buffer full" },
  buffer_unavailable: { status: 503, title: "Buffer unavailable" },
  store_unavailable: { status: 503, title: "Store unavailable" },
  keys_unavailable: { status: 503, title: "Token keys unavailable" },
};

/** An error of the transport: a stable code, a sentence that says what to do, and the headers that go with it. */
export class HttpError extends Error {
  readonly code: TransportCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: TransportCode, message: string, options: ErrorOptions & { headers?: Record<string, string> } = {}) {
    super(message, options);
    this.name = "HttpError";
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

/** An answer of type application/problem+json (RFC 9457). */
export interface ProblemAnswer {
  readonly status: number;
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What fastify says about requests that never reach a handler. */
const frameworkErrors: Readonly<Record<string, { code: ProblemCode; detail: string; facts?: object }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: "body_too_large",
    detail: "The body is larger than this route takes: send less.",
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: "unsupported_media_type",
    detail: 'This route takes JSON only: send "Content-Type: application/json".',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "invalid_request",
    detail: "The body is not as long as Content-Length says: send it whole.",
    facts: { errors: [{ field: "body", message: "must be as long as Content-Length says" }] },
  },
  FST_ERR_BAD_URL: {
    code: "invalid_request",
    detail: "The path is not valid percent-encoded UTF-8: encode it again.",
    facts: { errors: [{ field: "path", message: "must be percent-encoded UTF-8" }] },
  },
};

/** The answer to any error. Whatever is not known to be the client's doing becomes `internal` and tells nothing. */
export function problemOf(error: unknown): ProblemAnswer {
  if (error instanceof ProgressError) return answer(error.code, error.message, { facts: error.facts });
  if (error instanceof HttpError) return answer(error.code, error.message, { headers: error.headers });
  const { code = "", statusCode = 500 } = error as { code?: string; statusCode?: number };
  const known = frameworkErrors[code];
  if (known !== undefined) return answer(known.code, known.detail, known);
  if (statusCode >= 400 && statusCode < 500) {
    const facts = { errors: [{ field: "body", message: "must arrive whole" }] };
    return answer("invalid_request", "The request could not be read to its end: send it again.", { facts });
  }
  return answer("internal", "Something went wrong on our side: try again, and report it if it stays.");
}

function answer(
  code: ProblemCode,
  detail: string,
  { facts = {}, headers = {} }: { facts?: object; headers?: Readonly<Record<string, string>> } = {},
): ProblemAnswer {
  const { status, title } = problemTable[code];
  return {
    status,
    code,
    headers: status === 503 ? { ...headers, "retry-after": retryAfter() } : headers,
    body: JSON.stringify({ title, status, code, detail, ...facts }),
  };
}

/** Spread over 1..5 s, so that those who were refused together do not come back together. */
function retryAfter(): string {
  return String(1 + Math.floor(Math.random() * 5));
}
