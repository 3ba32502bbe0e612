import assert from "node:assert/strict";
import type { LectureId } from "../../src/domain/ids.ts";
import type { Position } from "../../src/domain/position.ts";
import type { Stamp } from "../../src/domain/stamp.ts";
import type { Claim } from "../../src/ports/position-buffer.ts";
import type { SessionSave, Step } from "./position-steps.ts";
import { courseId, durationSeconds, type Workbench } from "./workbench.ts";

/**
 * One student's course as a set of facts: everything that was saved, and the last start over. What the service must
 * answer follows from the set alone, whatever the order in which the facts arrived.
 */
export class PositionHistory {
  readonly #bench: Workbench;
  readonly #key: ReturnType<Workbench["newStudent"]>;
  readonly #made: readonly SessionSave[];
  readonly #startedAt: number;
  readonly #facts: { lectureId: LectureId; position: Position }[] = [];
  /** What flushers hold that were interrupted before the write, or before the acknowledgement. */
  readonly #claimed: Claim[] = [];
  readonly #written: Claim[] = [];
  #reset: Stamp | null = null;

  constructor(bench: Workbench, made: readonly SessionSave[]) {
    this.#bench = bench;
    this.#key = bench.newStudent();
    this.#made = made;
    this.#startedAt = bench.clock.now();
    // No session is ahead of the service.
    bench.clock.advance(60_000);
  }

  /** Newest position of each lecture after the last start over. */
  get expected(): Map<LectureId, Position> {
    const newest = new Map<LectureId, Position>();
    for (const { lectureId, position } of this.#facts) {
      if (this.#reset !== null && position.stamp <= this.#reset) continue;
      const known = newest.get(lectureId);
      if (known === undefined || position.stamp > known.stamp) newest.set(lectureId, position);
    }
    return newest;
  }

  async take(step: Step): Promise<void> {
    const { core, stores, clock } = this.#bench;
    switch (step.type) {
      case "deliver":
        return this.deliver(pick(this.#made, step.place));
      case "plain":
        return this.#savePlain(step.lectureId, step.seconds);
      case "flush":
        return void (await core.flusher.flushOnce({ all: true }));
      case "startOver":
        return this.#startOver();
      case "claim":
        return void this.#claimed.push(...(await stores.buffer.claim(10, 15_000, { all: true })));
      case "write":
        return this.#write(step.place);
      case "acknowledge":
        return this.#acknowledge(step.place);
      case "wait":
        return clock.advance(step.ms);
    }
  }

  async deliver(save: SessionSave): Promise<void> {
    const { lectureId, seconds, elapsedMs, seq } = save;
    const sessionId = String(save.session).padStart(16, "0");
    const session = { sessionId, sessionStartedAt: this.#startedAt, elapsedMs, seq };
    await this.#bench.core.saver.save({ key: this.#key, lectureId, seconds, session });
    const t = String(this.#startedAt + elapsedMs).padStart(13, "0");
    const stamp = `${t}${String(seq).padStart(8, "0")}${sessionId}` as Stamp;
    this.#note(lectureId, stamp, seconds);
  }

  /** What a student is told, by the facts. */
  async checkRead(): Promise<void> {
    const expected = this.expected;
    const view = await this.#bench.core.progress.read({ userId: this.#key.userId, zone: null }, courseId);
    const seconds = [...expected].map(([lectureId, position]) => [lectureId, position.seconds] as const);
    assert.deepEqual({ ...view.watchTimes }, Object.fromEntries(seconds));
    const [last] = [...expected].toSorted(([, a], [, b]) => (a.stamp < b.stamp ? 1 : -1));
    assert.equal(view.lastWatchedLecture, last?.[0] ?? null);
  }

  /**
   * What is not dirty is in the store, at every moment: a save that came later would hide it if it were not. A buffer that
   * has forgotten a clean key may take an old save again, but none that its own reset forbids.
   */
  async checkStores(): Promise<void> {
    const { buffer } = this.#bench.stores;
    if (!(await buffer.startedCourses(this.#key.userId)).has(courseId)) await this.#checkStore();
    const { positions, reset } = await buffer.read(this.#key);
    for (const [lectureId, { stamp, seconds }] of positions) {
      const isSaved = this.#facts.some(
        (fact) => fact.lectureId === lectureId && fact.position.stamp === stamp && fact.position.seconds === seconds,
      );
      assert.ok(isSaved, "the buffer has what nobody saved");
      assert.ok(reset === null || stamp > reset, "the buffer has what was forgotten");
    }
  }

  /** Flushes what is left, then asks buffer and store, each alone. */
  async checkAtRest(): Promise<void> {
    const { core, stores, clock } = this.#bench;
    clock.advance(20_000);
    await core.flusher.drain();
    await this.checkRead();
    await this.checkStores();
    await this.#checkStore();
    assert.equal((await stores.buffer.stats()).dirtyKeys, 0);
  }

  #note(lectureId: LectureId, stamp: Stamp, seconds: number): void {
    this.#facts.push({ lectureId, position: { stamp, seconds: Math.min(seconds, durationSeconds) } });
  }

  async #checkStore(): Promise<void> {
    const stored = await this.#bench.stores.store.read(this.#key);
    assert.deepEqual(
      new Map([...stored.positions].map(([id, { stamp, seconds }]) => [id, { stamp, seconds }])),
      this.expected,
    );
    assert.equal(stored.reset, this.#reset);
  }

  async #savePlain(lectureId: LectureId, seconds: number): Promise<void> {
    const { stamp } = await this.#bench.core.saver.save({ key: this.#key, lectureId, seconds });
    for (const { position } of this.#facts) assert.ok(stamp > position.stamp, "what arrives last is the newest");
    assert.ok(this.#reset === null || stamp > this.#reset);
    this.#note(lectureId, stamp, seconds);
  }

  async #startOver(): Promise<void> {
    const { core, stores } = this.#bench;
    await core.completions.startOver(this.#key);
    const { reset } = await stores.buffer.read(this.#key);
    assert.ok(reset !== null && (this.#reset === null || reset >= this.#reset));
    for (const { position } of this.#facts) assert.ok(position.stamp <= reset, "a start over forgets everything");
    this.#reset = reset;
  }

  async #write(place: number): Promise<void> {
    const claim = this.#claimed[place % (this.#claimed.length || 1)];
    if (claim === undefined) return;
    const [outcome] = await this.#bench.stores.store.join([claim]);
    assert.deepEqual(outcome, { status: "written" });
    this.#written.push(claim);
  }

  async #acknowledge(place: number): Promise<void> {
    const claim = this.#written[place % (this.#written.length || 1)];
    if (claim !== undefined) await this.#bench.stores.buffer.acknowledge([claim]);
  }
}

function pick<Item>(items: readonly Item[], place: number): Item {
  const item = items[place % items.length];
  assert.ok(item !== undefined);
  return item;
}
