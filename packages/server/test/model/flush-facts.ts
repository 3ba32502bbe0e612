import assert from "node:assert/strict";
import type { LectureId } from "../../src/domain/ids.ts";
import { BothSidesReader } from "../../src/application/both-sides.ts";
import { joinPositions, type PositionState } from "../../src/domain/position.ts";
import { greatestStamp, type Stamp } from "../../src/domain/stamp.ts";
import type { SaveOutcome } from "../../src/ports/position-buffer.ts";
import { courseId, silent } from "../properties/workbench.ts";
import { type FlushWorld, students } from "./flush-world.ts";

/** A save that was acknowledged. */
export interface Fact {
  readonly student: number;
  readonly lectureId: LectureId;
  readonly stamp: Stamp;
  readonly seconds: number;
}

interface Reset {
  readonly student: number;
  readonly stamp: Stamp;
}

const nothing: PositionState = { positions: new Map(), reset: null };

/**
 * What has been acknowledged, and so what must be found. Only what was in an emptied buffer alone is excused: it may be
 * found or not.
 */
export class FlushFacts {
  readonly saves: Fact[] = [];
  readonly #resets: Reset[] = [];
  readonly #excused = new Set<Fact | Reset>();
  #isEmptied = false;
  readonly #stored = new Map<number, PositionState>();
  readonly #buffered = new Map<number, PositionState>();

  noteSave(fact: Omit<Fact, "stamp">, outcome: SaveOutcome): void {
    // The clock may have been set back since the session began.
    if (outcome.status === "ahead") return;
    assert.ok(outcome.status === "stored" || outcome.status === "superseded", `a save was ${outcome.status}`);
    if (outcome.status === "stored") this.saves.push({ ...fact, stamp: outcome.stamp });
    const { persisted } = outcome;
    if (persisted === null) return;
    // Told that it is in the store, a player forgets it.
    const { positions, reset } = this.#stored.get(fact.student) ?? nothing;
    const stamp = positions.get(fact.lectureId)?.stamp ?? "";
    assert.ok(stamp >= persisted || (reset ?? "") >= persisted, "a save was told to be in the store that is not there");
  }

  noteReset(student: number, stamp: Stamp): void {
    for (const save of this.#savesOf(student)) {
      assert.ok(save.stamp <= stamp || this.#isEmptied, "a start over leaves something behind");
    }
    this.#resets.push({ student, stamp });
  }

  /** The buffer has been emptied: what the store has not got may be gone. */
  excuse(student: number): void {
    this.#isEmptied = true;
    const { positions, reset } = this.#stored.get(student) ?? nothing;
    for (const save of this.#savesOf(student)) {
      if ((positions.get(save.lectureId)?.stamp ?? "") < save.stamp) this.#excused.add(save);
    }
    for (const made of this.#resetsOf(student)) if (made.stamp > (reset ?? "")) this.#excused.add(made);
    this.#buffered.delete(student);
  }

  /** After every step, of the students whom it has touched. */
  async check(world: FlushWorld): Promise<void> {
    if (world.touched.size === 0) return;
    // A clean key may be gone, after a day, before a flusher that is so late acknowledges it; what was dirty may not.
    for (const student of world.missing) {
      assert.ok(this.#isEmptied || !this.#buffered.has(student), "a dirty key has disappeared");
    }
    world.missing.clear();
    await Promise.all([...world.touched].map((student) => this.#checkStudent(world, student)));
    world.touched.clear();
    assert.deepEqual(await world.ground.inconsistencies(), []);
  }

  /** When everything has been carried over: the store has it all, and again changes nothing. */
  async checkAtRest(world: FlushWorld): Promise<void> {
    await world.drain();
    for (let student = 0; student < students; student++) {
      world.touched.add(student);
      const stored = await world.ground.store.read(world.keyOf(student));
      const buffered = await world.ground.buffer.read(world.keyOf(student));
      this.#checkFound(student, stored);
      await world.ground.store.join([{ ...buffered, key: world.keyOf(student) }]);
      assert.deepEqual(await world.ground.store.read(world.keyOf(student)), stored, "a second flush changes something");
    }
    await this.check(world);
  }

  async #checkStudent(world: FlushWorld, student: number): Promise<void> {
    const { buffer, store } = world.ground;
    const key = world.keyOf(student);
    const [started, buffered, stored] = await Promise.all([
      buffer.startedCourses(key.userId),
      buffer.read(key),
      store.read(key),
    ]);
    const isDirty = started.has(courseId);
    this.#checkSent(student, buffered);
    for (const { stamp } of buffered.positions.values())
      assert.ok(stamp > (buffered.reset ?? ""), "a start over leaves something behind");
    this.#checkSent(student, stored);
    checkNotBack(this.#stored.get(student) ?? nothing, stored);
    this.#stored.set(student, stored);
    // A clean key may be forgotten, and then takes an old save again.
    if (isDirty) {
      checkNotBack(this.#buffered.get(student) ?? nothing, buffered);
      this.#buffered.set(student, buffered);
    } else {
      this.#buffered.delete(student);
      this.#checkFound(student, stored);
    }
    this.#checkFound(student, joinPositions(buffered, stored));
    const { deposed } = world.ground;
    if (deposed === undefined) return;
    const reader = new BothSidesReader({ ...world.ground, store: deposed.store, telemetry: silent });
    this.#checkFound(student, joinPositions(...(await reader.read(key))));
  }

  #checkSent(student: number, { positions }: PositionState): void {
    for (const [lectureId, { stamp, seconds }] of positions) {
      const isSent = this.#savesOf(student).some(
        (save) => save.lectureId === lectureId && save.stamp === stamp && save.seconds === seconds,
      );
      assert.ok(isSent, `nobody sent ${seconds} s at ${stamp}`);
    }
  }

  #checkFound(student: number, { positions, reset }: PositionState): void {
    const resets = this.#resetsOf(student);
    const last = greatestStamp(null, ...resets.map(({ stamp }) => stamp)) ?? "";
    for (const made of resets) {
      if (!this.#excused.has(made)) assert.ok((reset ?? "") >= made.stamp, "a start over is lost");
    }
    for (const save of this.#savesOf(student)) {
      if (this.#excused.has(save) || save.stamp <= last) continue;
      const found = positions.get(save.lectureId)?.stamp ?? "";
      assert.ok(found >= save.stamp, `an acknowledged save is lost: ${save.seconds} s at ${save.stamp}`);
    }
  }

  #savesOf(student: number): Fact[] {
    return this.saves.filter((save) => save.student === student);
  }

  #resetsOf(student: number): Reset[] {
    return this.#resets.filter((reset) => reset.student === student);
  }
}

/** Newer positions and resets only; what a reset has passed may go. */
function checkNotBack(before: PositionState, now: PositionState): void {
  assert.ok((now.reset ?? "") >= (before.reset ?? ""), "a reset went back");
  for (const [lectureId, { stamp }] of before.positions) {
    const isForgotten = now.reset !== null && now.reset >= stamp;
    assert.ok(isForgotten || (now.positions.get(lectureId)?.stamp ?? "") >= stamp, `${lectureId} went back`);
  }
}
