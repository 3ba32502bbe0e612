import assert from "node:assert/strict";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import type { ProgressKey, UserId } from "../../src/domain/ids.ts";
import { type FlushPolicy, flushPolicy } from "../../src/flush/flush-policy.ts";
import { Flusher } from "../../src/flush/flusher.ts";
import type { Stores } from "../../src/ports/stores.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { TestClock } from "../support/test-clock.ts";
import { MoodyStore, nameOf } from "./moody-store.ts";
import { courseId, lectureIds, silent } from "./workbench.ts";

/** A flusher between a real buffer and a moody store, with everything it tells. */
export class FlusherRig implements AsyncDisposable {
  readonly clock: TestClock = new TestClock({ seed: 7 });
  readonly store: MoodyStore = new MoodyStore();
  readonly policy: FlushPolicy = flushPolicy(60_000);
  readonly stores: Stores;
  readonly flusher: Flusher;
  readonly told: { poisoned: string[]; missing: string[]; pauses: number[]; reachable: number } = {
    poisoned: [],
    missing: [],
    pauses: [],
    reachable: 0,
  };

  constructor() {
    this.stores = openEmbeddedStores(":memory:", { clock: this.clock, flushIntervalMs: this.policy.intervalMs });
    const { clock, policy } = this;
    this.flusher = new Flusher({
      buffer: this.stores.buffer,
      store: this.store.asStore,
      clock,
      telemetry: this.#listen(),
      policy,
    });
  }

  keyOf(student: number): ProgressKey {
    return { userId: `student-${student}` as UserId, courseId };
  }

  async save(student: number, seconds: number): Promise<void> {
    const lectureId = lectureIds[seconds % lectureIds.length];
    assert.ok(lectureId !== undefined);
    const [outcome] = await this.stores.buffer.save([{ key: this.keyOf(student), lectureId, seconds }]);
    assert.equal(outcome?.status, "stored");
  }

  async isDirty(student: number): Promise<boolean> {
    return (await this.stores.buffer.startedCourses(this.keyOf(student).userId)).size > 0;
  }

  /** Whatever is not dirty any more is in the store, and whatever is dirty is still in the buffer. */
  async checkNothingIsForgotten(saved: ReadonlyMap<number, ReadonlyMap<string, number>>): Promise<void> {
    for (const [student, lectures] of saved) {
      const key = this.keyOf(student);
      const { positions } = (await this.isDirty(student))
        ? await this.stores.buffer.read(key)
        : this.store.stateOf(key);
      const kept = new Map([...positions].map(([lectureId, { seconds }]) => [lectureId as string, seconds]));
      assert.deepEqual(kept, lectures, nameOf(key));
    }
  }

  /** Lets everything that was set off by a turn of the clock come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await endOfTurn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flusher[Symbol.asyncDispose]();
    await this.stores[Symbol.asyncDispose]();
  }

  #listen(): Telemetry {
    return {
      ...silent,
      keyPoisoned: (key) => void this.told.poisoned.push(nameOf(key)),
      claimedKeyMissing: (key) => void this.told.missing.push(nameOf(key)),
      storeUnreachable: (_reason, retryInMs) => void this.told.pauses.push(retryInMs),
      storeReachable: () => void this.told.reachable++,
    };
  }
}
