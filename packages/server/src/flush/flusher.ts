import type { Clock } from "../ports/clock.ts";
import type { Claim, PositionBuffer } from "../ports/position-buffer.ts";
import type { ProgressStore, WriteOutcome } from "../ports/progress-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { type FlushPolicy, pollMs, retryMs } from "./flush-policy.ts";

/** How soon a drain looks again whether other flushers' leases have ended. */
const drainWaitMs = 500;

interface FlusherDeps {
  buffer: PositionBuffer;
  store: ProgressStore;
  clock: Clock;
  telemetry: Telemetry;
  policy: FlushPolicy;
}

/** What one claim came to, in keys. */
export interface FlushResult {
  readonly claimed: number;
  readonly written: number;
  readonly refused: number;
  readonly unknown: number;
}

/**
 * Carries dirty keys from the buffer to the store: claim, write, count what is proven, acknowledge exactly that.
 *
 * Invariants: a key is acknowledged only after the store is proven to have what was claimed; a write is a join, so a batch
 * that is written twice, late or by two flushers changes nothing; whatever is not acknowledged stays dirty, and its lease
 * ends by itself. Leases save work, correctness does not rest on them.
 */
export class Flusher {
  readonly #deps: FlusherDeps;
  readonly #breaker: CircuitBreaker;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(deps: FlusherDeps) {
    this.#deps = deps;
    this.#breaker = new CircuitBreaker(deps.clock);
  }

  /** Flushes whatever is due, until disposed of. */
  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Claims one batch and carries it over. With `all`, keys that are not due yet as well. */
  async flushOnce(options: { all?: boolean } = {}): Promise<FlushResult> {
    const { buffer, policy } = this.#deps;
    const limit = this.#breaker.state === "closed" ? policy.batchSize : policy.probeSize;
    const claims = await buffer.claim(limit, policy.leaseMs, options);
    return claims.length === 0 ? { claimed: 0, written: 0, refused: 0, unknown: 0 } : this.#carry(claims);
  }

  /**
   * Carries every dirty key over now, also those that are not due. Waits for keys that another flusher has leased; gives up
   * when a pass writes nothing, because the store refuses or does not answer.
   * @param onProgress told the keys written so far
   */
  async drain(onProgress: (written: number) => void = () => undefined): Promise<{ written: number; left: number }> {
    const { buffer, clock, policy } = this.#deps;
    let written = 0;
    let idleMs = 0;
    for (;;) {
      const result = await this.flushOnce({ all: true });
      written += result.written;
      onProgress(written);
      if (result.written > 0) {
        idleMs = 0;
        continue;
      }
      const { dirtyKeys } = await buffer.stats();
      if (dirtyKeys === 0 || result.claimed > 0 || idleMs > policy.leaseMs) return { written, left: dirtyKeys };
      await clock.sleep(drainWaitMs);
      idleMs += drainWaitMs;
    }
  }

  /** Stops claiming and finishes the batch under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, telemetry, policy } = this.#deps;
    while (!signal.aborted) {
      const isBusy = await this.#flushIfAllowed().catch((error: unknown) => {
        telemetry.backgroundFailed("flush", error);
        return false;
      });
      if (!isBusy) await clock.sleep(pollMs(policy), signal);
    }
  }

  /** True when there is likely more to do at once. */
  async #flushIfAllowed(): Promise<boolean> {
    if (this.#breaker.state === "open") return false;
    const { claimed, unknown } = await this.flushOnce();
    return unknown === 0 && claimed >= this.#deps.policy.probeSize;
  }

  async #carry(claims: readonly Claim[]): Promise<FlushResult> {
    const { buffer, store, clock, telemetry } = this.#deps;
    const startedAt = clock.now();
    const outcomes = await store.join(claims);
    const written = claims.filter((_, index) => outcomes[index]?.status === "written");
    await this.#acknowledge(written);
    const refused = await this.#postponeRefused(claims, outcomes);
    const unknown = claims.length - written.length - refused;
    this.#judge(outcomes, unknown);
    // Leases on what is unknown are kept: they end by themselves, and nobody hammers the store meanwhile.
    const result = { written: written.length, refused, unknown };
    telemetry.flushed({ ...result, durationMs: clock.now() - startedAt });
    if (this.#stopping.signal.aborted) await buffer.release(claims.filter((_, i) => outcomes[i]?.status === "unknown"));
    return { claimed: claims.length, ...result };
  }

  async #acknowledge(written: readonly Claim[]): Promise<void> {
    if (written.length === 0) return;
    const answers = await this.#deps.buffer.acknowledge(written);
    answers.forEach((answer, index) => {
      if (answer === "missing") this.#deps.telemetry.claimedKeyMissing((written[index] as Claim).key);
    });
  }

  async #postponeRefused(claims: readonly Claim[], outcomes: readonly WriteOutcome[]): Promise<number> {
    const { buffer, telemetry, policy } = this.#deps;
    let refused = 0;
    for (const [index, claim] of claims.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status !== "refused") continue;
      refused++;
      const poison = claim.attempts + 1 >= policy.poisonAfter;
      await buffer.postpone(claim, retryMs(claim.attempts), { reason: outcome.reason, poison });
      if (poison) telemetry.keyPoisoned(claim.key, outcome.reason);
    }
    return refused;
  }

  #judge(outcomes: readonly WriteOutcome[], unknown: number): void {
    const { telemetry } = this.#deps;
    const doubt = outcomes.find((outcome) => outcome.status === "unknown");
    if (doubt !== undefined) telemetry.storeUnreachable(doubt.reason, this.#breaker.failed());
    else if (unknown === 0 && this.#breaker.succeeded()) telemetry.storeReachable();
  }
}
