/** How the write-behind behaves over time. All values in milliseconds unless said otherwise. */
export interface FlushPolicy {
  /** How long a change may stay in the buffer alone. */
  readonly intervalMs: number;
  /** A claimed key belongs to one flusher for this long: three times the store's timeout. */
  readonly leaseMs: number;
  /** Keys per claim and write. */
  readonly batchSize: number;
  /** Keys per claim while the store's health is in doubt. */
  readonly probeSize: number;
  /** After this many refusals a key is listed for the operator. */
  readonly poisonAfter: number;
}

const maxRetryMs = 3_600_000;
const maxPollMs = 1_000;
const minPollMs = 20;

export function flushPolicy(intervalMs: number): FlushPolicy {
  return { intervalMs, leaseMs: 15_000, batchSize: 200, probeSize: 5, poisonAfter: 5 };
}

/** How often to look for keys that are due. */
export function pollMs({ intervalMs }: FlushPolicy): number {
  return Math.min(maxPollMs, Math.max(minPollMs, intervalMs / 10));
}

/** When a refused key is tried again: ten seconds, doubled by every refusal, at most an hour. @param attempts 0, 1, 2, ... */
export function retryMs(attempts: number): number {
  return Math.min(maxRetryMs, 10_000 * 2 ** attempts);
}
