import { MongoError } from "mongodb";
import { ProgressError } from "../../domain/errors.ts";

const duplicateKey = 11_000;
const tooLarge: ReadonlySet<unknown> = new Set([10_334, 17_419, 17_420]);

/**
 * Codes of MongoDB that say something about its state and nothing about the document: not primary, shutting down,
 * interrupted, out of time, out of reach, out of disk. Whoever meets one knows nothing about what was written.
 */
const passing: ReadonlySet<unknown> = new Set([
  6, 7, 24, 50, 63, 64, 79, 89, 91, 100, 112, 150, 189, 202, 246, 249, 262, 317, 365, 9001, 10_058, 10_107, 11_600,
  11_601, 11_602, 13_388, 13_435, 13_436, 14_031,
]);

/** The document with its unique key is there already: a race that was lost, not a fault. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoError && error.code === duplicateKey;
}

/** The document would be larger than MongoDB takes. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof MongoError && tooLarge.has(error.code);
}

export function isDuplicateKeyCode(code: unknown): boolean {
  return code === duplicateKey;
}

/** True for the code of an error that passes by itself. */
export function isPassingCode(code: unknown): boolean {
  return passing.has(code);
}

/** What the system and Node say of a socket that cannot be written to. */
const brokenSocket = /^(E[A-Z]+|ERR_(SOCKET|STREAM)_\w+)$/;

/**
 * MongoDB, or the way to it, failed: the outcome is unknown. When a socket ends just before the driver writes to it, the
 * driver passes on what Node says of it.
 */
export function isOutage(error: unknown): boolean {
  return error instanceof MongoError || (error instanceof Error && brokenSocket.test(codeOf(error)));
}

function codeOf(error: Error & { code?: unknown }): string {
  return typeof error.code === "string" ? error.code : "";
}

/** What the caller is told when MongoDB cannot be used: never the driver's own words. */
export function unavailable(cause: unknown): ProgressError {
  if (cause instanceof ProgressError) return cause;
  return new ProgressError("store_unavailable", "Progress cannot be read or changed just now. Try again in a moment.", {
    cause,
  });
}

/** Repeats an upsert whose race was lost: the other one's document is there now. */
export async function settleRace<T>(upsert: () => Promise<T>): Promise<T> {
  try {
    return await upsert();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return upsert();
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
