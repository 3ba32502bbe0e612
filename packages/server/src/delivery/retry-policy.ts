import type { DeliveryOutcome } from "../ports/delivery-store.ts";
import type { Reply } from "../ports/webhook-sender.ts";

const firstPauseMs = 5_000;
/** Also by the greatest chance nobody is asked again and again within a second. */
const minPauseMs = 1_000;
const maxPauseMs = 12 * 3_600_000;
/** How long a webhook may be away before what it was not told becomes a dead letter. */
export const patienceMs: number = 3 * 24 * 3_600_000;

/**
 * What follows from an attempt that failed: another one, after a pause that doubles from 5 s to 12 h, with full jitter, and
 * is as long as the receiver asks for. The last attempt is made when the patience ends, never before.
 * @param failed attempts that have failed before
 * @param random evenly spread in [0, 1)
 */
export function afterFailure(
  { attempts, expiresAt }: { attempts: number; expiresAt: number },
  reply: Exclude<Reply, { status: "accepted" }>,
  { now, random }: { now: number; random: number },
): DeliveryOutcome {
  const { reason } = reply;
  if (now >= expiresAt) return { status: "dead", at: now, reason };
  const jittered = Math.max(minPauseMs, Math.ceil(random * Math.min(maxPauseMs, firstPauseMs * 2 ** attempts)));
  const asked = reply.status === "failed" ? Math.min(reply.retryAfterMs ?? 0, maxPauseMs) : 0;
  return { status: "waiting", dueAt: Math.min(now + Math.max(jittered, asked), expiresAt), reason };
}
