/** What can be wrong with a request, or with the service, in words that know no transport. */
export type ErrorCode =
  | "invalid_request"
  | "unknown_course"
  | "unknown_lecture"
  | "lecture_exists"
  | "too_many_lectures"
  | "course_too_large"
  | "session_clock"
  | "busy"
  | "buffer_full"
  | "buffer_unavailable"
  | "store_unavailable";

/** An error that the caller is told about: a stable code and a sentence that says what to do. */
export class ProgressError extends Error {
  readonly code: ErrorCode;
  /** Further members for the answer, for errors a program can act on. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { facts?: Record<string, unknown> } = {}) {
    super(message, options);
    this.name = "ProgressError";
    this.code = code;
    this.facts = options.facts ?? {};
  }
}
