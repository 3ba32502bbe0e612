import assert from "node:assert/strict";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { ProgressError } from "../../src/domain/errors.ts";
import type { LectureId, ProgressKey, UserId } from "../../src/domain/ids.ts";
import { greatestStamp, type Stamp } from "../../src/domain/stamp.ts";
import { type FlushPolicy, flushPolicy } from "../../src/flush/flush-policy.ts";
import { Flusher } from "../../src/flush/flusher.ts";
import type { PositionBuffer, SaveOutcome } from "../../src/ports/position-buffer.ts";
import type { PositionWrite, ProgressStore, WriteOutcome } from "../../src/ports/progress-store.ts";
import { courseId, silent } from "../properties/workbench.ts";
import type { TestClock } from "../support/test-clock.ts";
import { someUser } from "../support/ids.ts";
import { HeldCalls } from "./held-calls.ts";
import type { DeposedPrimary } from "./version-keeping-store.ts";

export const students = 4;

/** What the flushers of a world work on; the buffer and the store may be of any kind. */
export interface Ground {
  readonly buffer: PositionBuffer;
  readonly store: ProgressStore;
  readonly deposed?: DeposedPrimary;
  readonly clock: TestClock;
  /** Whether the clock is also the buffer's: then leases end, and clean keys expire, as the test wants. */
  readonly isClockShared: boolean;
  /** What is not as it must be at any moment. */
  inconsistencies(): Promise<string[]>;
}

/** Small batches, so that neighbours are claimed by different flushers. */
const policy: FlushPolicy = { ...flushPolicy(60_000), batchSize: 3, probeSize: 1 };

/** Two flushers between one buffer and one store, every call of theirs in the test's hand. */
export class FlushWorld {
  readonly calls: HeldCalls = new HeldCalls();
  readonly ground: Ground;
  /** Keys that the store does not take just now. */
  readonly refused: Set<number> = new Set();
  /** Students whose data a call has touched since the last look. */
  readonly touched: Set<number> = new Set();
  /** Whose keys a flusher did not find any more, since the last look. */
  readonly missing: Set<number> = new Set();
  readonly #run: string;
  readonly #flushers: { name: string; flusher: Flusher; isBusy: boolean }[] = [];
  #started = 0;

  constructor(ground: Ground) {
    this.ground = ground;
    this.#run = someUser();
    for (const which of [0, 1]) this.#start(which);
  }

  keyOf(student: number): ProgressKey {
    return { userId: `${this.#run}-${student}` as UserId, courseId };
  }

  async save(student: number, lectureId: LectureId, seconds: number, stamp?: Stamp): Promise<SaveOutcome> {
    this.touched.add(student);
    const save = { key: this.keyOf(student), lectureId, seconds, ...(stamp && { stamp }) };
    const [outcome] = await this.ground.buffer.save([save]);
    assert.ok(outcome !== undefined);
    return outcome;
  }

  /** As a request does it: reads the store, then resets buffer and store; each step may be held up. */
  startOver(student: number, onReset: (reset: Stamp) => void): void {
    const key = this.keyOf(student);
    const { buffer, store } = this.ground;
    const step = <Answer>(apply: () => Promise<Answer>): Promise<Answer> =>
      this.calls.hold("request", { apply, inDoubt: failed });
    const work = async (): Promise<void> => {
      const { positions, reset: before } = await step(() => store.read(key));
      const newest = greatestStamp(before, ...[...positions.values()].map(({ stamp }) => stamp));
      const reset = await step(async () => {
        this.touched.add(student);
        const made = await buffer.startOver(key, newest);
        onReset(made);
        return made;
      });
      await step(async () => {
        this.touched.add(student);
        await store.join([{ key, positions: new Map(), reset }]);
      });
    };
    void work().catch(onlyUnavailable);
  }

  /** Begins a pass, unless one is under way. */
  async flush(which: number, all: boolean): Promise<void> {
    const worker = this.#flushers[which];
    if (worker === undefined || worker.isBusy) return;
    worker.isBusy = true;
    void worker.flusher
      .flushOnce({ all })
      .then(({ claimed, written, refused, unknown }) => assert.equal(written + refused + unknown, claimed))
      .catch(onlyUnavailable)
      .finally(() => (worker.isBusy = false));
    await endOfTurn();
  }

  /** The process is gone, and another one takes its place. */
  crash(which: number): void {
    this.calls.abandon(this.#flushers[which]?.name ?? "");
    this.#start(which);
  }

  /** The process finishes what it has begun, and another one takes its place. */
  async stop(which: number): Promise<void> {
    await this.#flushers[which]?.flusher[Symbol.asyncDispose]();
    this.#start(which);
  }

  /** Nothing is held up or refused any more, and every lease has ended: all that is dirty is carried over. */
  async drain(): Promise<void> {
    this.refused.clear();
    await this.calls.advanceAll();
    this.ground.clock.advance(4_000_000);
    const { buffer, store, clock } = this.ground;
    const flusher = new Flusher({ buffer, store, clock, telemetry: silent, policy: { ...policy, leaseMs: 0 } });
    assert.equal((await flusher.drain()).left, 0);
  }

  #start(which: number): void {
    const name = `flusher-${++this.#started}`;
    const telemetry = { ...silent, claimedKeyMissing: (key: ProgressKey) => void this.missing.add(studentOf(key)) };
    const { clock, isClockShared } = this.ground;
    const flusher = new Flusher({
      buffer: this.#heldBuffer(name),
      store: this.#heldStore(name),
      clock,
      telemetry,
      // Where leases cannot be made to end they are none: they are not needed for correctness.
      policy: isClockShared ? policy : { ...policy, leaseMs: 0 },
    });
    this.#flushers[which] = { name, flusher, isBusy: false };
  }

  #heldBuffer(caller: string): PositionBuffer {
    const { buffer } = this.ground;
    const hold = <Answer>(keys: readonly ProgressKey[], apply: () => Promise<Answer>): Promise<Answer> =>
      this.calls.hold(caller, { apply: () => (this.#touch(keys), apply()), inDoubt: failed });
    const everybody = Array.from({ length: students }, (_, student) => this.keyOf(student));
    const held: Partial<PositionBuffer> = {
      claim: (...args) => hold(everybody, () => buffer.claim(...args)),
      acknowledge: (claims) => hold(keysOf(claims), () => buffer.acknowledge(claims)),
      postpone: (claim, ...args) => hold([claim.key], () => buffer.postpone(claim, ...args)),
      release: (claims) => hold(keysOf(claims), () => buffer.release(claims)),
    };
    return held as PositionBuffer;
  }

  #heldStore(caller: string): ProgressStore {
    const join = (writes: readonly PositionWrite[]): Promise<WriteOutcome[]> =>
      this.calls.hold(caller, {
        apply: (share) => this.#join(writes, Math.ceil(share * writes.length)),
        inDoubt: () => writes.map(() => unknown),
      });
    const held: Partial<ProgressStore> = { join };
    return held as ProgressStore;
  }

  /** Of a bulk that breaks off only the first are done, and only they are known. */
  async #join(writes: readonly PositionWrite[], done: number): Promise<WriteOutcome[]> {
    this.#touch(keysOf(writes));
    const isRefused = ({ key }: PositionWrite): boolean => [...this.refused].some((s) => isSame(this.keyOf(s), key));
    const taken = writes.slice(0, done).filter((write) => !isRefused(write));
    const joined = await this.ground.store.join(taken);
    return writes
      .slice(0, done)
      .map((write) => (isRefused(write) ? refusal : (joined[taken.indexOf(write)] ?? unknown)));
  }

  #touch(keys: readonly ProgressKey[]): void {
    for (let student = 0; student < students; student++) {
      if (keys.some((key) => isSame(key, this.keyOf(student)))) this.touched.add(student);
    }
  }
}

const unknown: WriteOutcome = { status: "unknown", reason: "no answer" };
const refusal: WriteOutcome = { status: "refused", reason: "not this one" };

function keysOf(items: readonly { readonly key: ProgressKey }[]): ProgressKey[] {
  return items.map(({ key }) => key);
}

function isSame(one: ProgressKey, other: ProgressKey): boolean {
  return one.userId === other.userId && one.courseId === other.courseId;
}

function failed(): never {
  throw new ProgressError("buffer_unavailable", "no answer");
}

function onlyUnavailable(error: unknown): void {
  if (!(error instanceof ProgressError)) throw error;
}

/** The inverse of {@link FlushWorld.keyOf}. */
function studentOf({ userId }: ProgressKey): number {
  return Number(userId.slice(userId.lastIndexOf("-") + 1));
}
