import type { ErrorCode } from "../../domain/errors.ts";
import { ProgressError } from "../../domain/errors.ts";

/** SQLite's primary result codes that a caller tells apart. */
export const sqlite = {
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
} as const;

export type Unavailable = Extract<ErrorCode, "buffer_unavailable" | "store_unavailable">;

const sentences: Record<Unavailable, string> = {
  buffer_unavailable: "Positions cannot be kept just now. Try again in a moment.",
  store_unavailable: "Progress cannot be read or changed just now. Try again in a moment.",
};

/** The data file is not where it was opened: what is written into it is gone with the process. */
export class FileGoneError extends Error {
  override readonly name = "FileGoneError";

  constructor() {
    super(
      "The data file was moved, deleted or replaced under the running service: put it back, or restart the service.",
    );
  }
}

/** The primary result code of an error of SQLite, or undefined when it is another error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** True when only this row's values are at fault, so that its neighbours can still be stored. */
export function isRowFailure(error: unknown): boolean {
  const code = resultCode(error);
  if (code === undefined) return nodeCode(error) === "ERR_INVALID_ARG_TYPE";
  return code === sqlite.constraint || code === sqlite.tooBig || code === sqlite.mismatch;
}

/** What the caller is told when the file cannot be used: never the file's own words. Other errors stay as they are. */
export function asUnavailable(code: Unavailable, error: unknown): unknown {
  const isOfDatabase =
    resultCode(error) !== undefined || nodeCode(error) === "ERR_INVALID_STATE" || error instanceof FileGoneError;
  return isOfDatabase ? new ProgressError(code, sentences[code], { cause: error }) : error;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nodeCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
