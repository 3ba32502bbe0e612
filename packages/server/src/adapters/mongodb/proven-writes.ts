import { type BulkWriteResult, MongoBulkWriteError, type WriteError } from "mongodb";
import type { WriteOutcome } from "../../ports/progress-store.ts";
import { isDuplicateKeyCode, isPassingCode, reasonOf } from "./failures.ts";

/** What the driver says about an unordered bulk of updates, whether it returned or threw. */
export interface BulkReport {
  /** Null when it returned, else why it threw. */
  readonly failure: string | null;
  readonly isOk: boolean;
  readonly matched: number;
  readonly upserted: number;
  readonly writeConcernError: string | null;
  readonly errors: readonly { readonly index: number; readonly code: unknown; readonly reason: string }[];
}

/** Another first upsert of the same key came first: nothing was written, and the same again will match. */
export const racedUpsert: WriteOutcome = {
  status: "unknown",
  reason: "Another process made the same document at once.",
};

/**
 * Counts as written only what is proven; of everything else nobody knows.
 *
 * A dropped connection reaches us as a bulk error with an empty list, an election as an error on a few operations, a
 * majority that was not reached beside operations that were applied: none of these says anything about its neighbours.
 */
export function provenWrites(operations: number, report: BulkReport): WriteOutcome[] {
  const doubt = doubtOf(operations, report);
  if (doubt !== null) return Array.from({ length: operations }, () => ({ status: "unknown", reason: doubt }));
  const outcomes = Array.from({ length: operations }, (): WriteOutcome => ({ status: "written" }));
  for (const { index, code, reason } of report.errors) {
    outcomes[index] = isDuplicateKeyCode(code) ? racedUpsert : { status: "refused", reason };
  }
  return outcomes;
}

/** Runs a bulk write and says what came of it. Never rejects. */
export async function reportOf(write: () => Promise<BulkWriteResult>): Promise<BulkReport> {
  try {
    return toReport(null, await write(), []);
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) return { ...nothing, failure: reasonOf(error) };
    return toReport(reasonOf(error), error.result, [error.writeErrors].flat());
  }
}

const nothing = { isOk: false, matched: 0, upserted: 0, writeConcernError: null, errors: [] };

/** Why nothing is proven, or null when the report accounts for every operation. */
function doubtOf(operations: number, report: BulkReport): string | null {
  const { failure, isOk, matched, upserted, writeConcernError, errors } = report;
  if (writeConcernError !== null) return `MongoDB did not confirm the write: ${writeConcernError}`;
  if (failure !== null && errors.length === 0) return failure;
  if (!isOk) return failure ?? "MongoDB did not say that the write went well.";
  const passing = errors.find(({ code }) => isPassingCode(code));
  if (passing !== undefined) return passing.reason;
  const places = new Set(errors.map(({ index }) => index).filter((index) => index >= 0 && index < operations));
  if (places.size !== errors.length || matched + upserted + errors.length !== operations) {
    return `MongoDB answered for ${matched + upserted + errors.length} of ${operations} operations.`;
  }
  return null;
}

function toReport(failure: string | null, result: BulkWriteResult, errors: readonly WriteError[]): BulkReport {
  return {
    failure,
    isOk: result.isOk(),
    matched: result.matchedCount,
    upserted: result.upsertedCount,
    writeConcernError: result.getWriteConcernError()?.errmsg ?? null,
    errors: errors.map(({ index, code, errmsg }) => ({ index, code, reason: errmsg ?? `error ${code}` })),
  };
}
