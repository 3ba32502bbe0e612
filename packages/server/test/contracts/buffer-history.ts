import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { joinPositions, type PositionState } from "../../src/domain/position.ts";
import { greatestStamp, type Stamp } from "../../src/domain/stamp.ts";
import type { Claim } from "../../src/ports/position-buffer.ts";
import { lecture, stampAt } from "../support/ids.ts";
import { BufferFixture, type OpenBuffer } from "./buffer-fixture.ts";

const runs = { numRuns: 60 };
const nothing: PositionState = { positions: new Map(), reset: null };

/** One save of a session; `age` is how long before now the session says it was made. */
interface SessionSave {
  readonly session: number;
  readonly age: number;
  readonly seq: number;
  readonly at: string;
}

const sessionSave: fc.Arbitrary<SessionSave> = fc.record({
  session: fc.integer({ min: 1, max: 3 }),
  age: fc.integer({ min: 0, max: 40 }),
  seq: fc.integer({ min: 0, max: 20 }),
  at: fc.constantFrom("a", "b", "constructor"),
});

/** The same save said again says the same: its seconds follow from its stamp. */
const secondsOf = ({ session, age, seq }: SessionSave): number => session * 10_000 + age * 100 + seq;

function stateOf(saves: readonly SessionSave[], now: number): PositionState {
  return saves
    .map((save) => positionOf(save, now))
    .reduce((state, positions) => joinPositions(state, { positions, reset: null }), nothing);
}

function positionOf(save: SessionSave, now: number): PositionState["positions"] {
  const stamp = stampAt(now - save.age, save.seq, save.session);
  return new Map([[lecture(save.at), { stamp, seconds: secondsOf(save) }]]);
}

export function historyContract(open: OpenBuffer): void {
  describe("whatever happens", () => {
    it("shuffled, repeated and delayed saves of several sessions end where their join ends", async () => {
      await using fixture = await BufferFixture.open(open);
      const repeated = fc
        .array(sessionSave, { minLength: 1, maxLength: 12 })
        .chain((saves) => fc.tuple(fc.constant(saves), fc.shuffledSubarray([...saves, ...saves, ...saves])));
      const batches = fc.tuple(repeated, fc.integer({ min: 1, max: 7 }));
      await fc.assert(
        fc.asyncProperty(batches, async ([[saves, again], size]) => {
          const key = fixture.otherStudent();
          const now = await fixture.buffer.now();
          const delivered = [...again, ...saves];
          for (let from = 0; from < delivered.length; from += size) {
            await fixture.buffer.save(
              delivered.slice(from, from + size).map((save) => {
                const stamp = stampAt(now - save.age, save.seq, save.session);
                return { key, lectureId: lecture(save.at), seconds: secondsOf(save), stamp };
              }),
            );
          }
          assert.deepEqual((await fixture.buffer.read(key)).positions, stateOf(saves, now).positions);
        }),
        runs,
      );
    });

    it("no step of any flusher, in any order, loses a position or brings an old one back", async () => {
      await using fixture = await BufferFixture.open(open);
      const step = fc.oneof(
        { weight: 4, arbitrary: fc.record({ do: fc.constant("save" as const), save: sessionSave }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constant("arrive" as const), seconds: fc.nat(999) }) },
        { weight: 3, arbitrary: fc.record({ do: fc.constant("claim" as const), leaseMs: fc.constantFrom(0, 60_000) }) },
        {
          weight: 3,
          arbitrary: fc.record({ do: fc.constantFrom("write" as const, "acknowledge" as const), pick: fc.nat(9) }),
        },
        {
          weight: 1,
          arbitrary: fc.record({ do: fc.constantFrom("release" as const, "postpone" as const), pick: fc.nat(9) }),
        },
        { weight: 1, arbitrary: fc.record({ do: fc.constant("startOver" as const) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const run = new FlushRun(fixture, await fixture.buffer.now());
          for (const next of steps) await run.take(next);
          await run.finish();
        }),
        runs,
      );
    });
  });
}

type Step =
  | { do: "save"; save: SessionSave }
  | { do: "arrive"; seconds: number }
  | { do: "claim"; leaseMs: number }
  | { do: "write" | "acknowledge" | "release" | "postpone"; pick: number }
  | { do: "startOver" };

/** A history of one key: what was accepted, and a store that holds what flushers have written to it. */
class FlushRun {
  readonly #fixture: BufferFixture;
  readonly #key;
  readonly #began: number;
  readonly #claims: Claim[] = [];
  readonly #written = new Set<Claim>();
  #accepted: PositionState = nothing;
  #store: PositionState = nothing;

  constructor(fixture: BufferFixture, began: number) {
    this.#fixture = fixture;
    this.#key = fixture.otherStudent();
    this.#began = began;
  }

  async take(step: Step): Promise<void> {
    const { buffer } = this.#fixture;
    if (step.do === "save") await this.#save(step.save);
    else if (step.do === "arrive") await this.#arrive(step.seconds);
    else if (step.do === "startOver") await this.#startOver();
    else if (step.do === "claim") await this.#claim(step.leaseMs);
    else {
      const claim = this.#claims[step.pick % Math.max(this.#claims.length, 1)];
      if (claim === undefined) return;
      if (step.do === "write") this.#write(claim);
      else if (step.do === "release") await buffer.release([claim]);
      else if (step.do === "postpone") await buffer.postpone(claim, 0, { reason: "no", poison: step.pick > 4 });
      else if (this.#written.has(claim)) await buffer.acknowledge([claim]);
    }
    await this.#check();
  }

  /** Flushes until the key is clean: the store then has everything by itself. */
  async finish(): Promise<void> {
    const { buffer } = this.#fixture;
    await buffer.release(this.#claims);
    if (await this.#fixture.isDirty(this.#key)) {
      await this.#claim(60_000);
      const last = this.#claims.at(-1);
      assert.ok(last !== undefined);
      this.#write(last);
      assert.deepEqual(await buffer.acknowledge([last]), ["clean"]);
    }
    assert.deepEqual(this.#store, this.#accepted);
  }

  async #save(save: SessionSave): Promise<void> {
    const stamp = stampAt(this.#began - save.age, save.seq, save.session);
    await this.#fixture.save(secondsOf(save), { key: this.#key, at: save.at, stamp });
    this.#accept({ positions: positionOf(save, this.#began), reset: null });
  }

  async #arrive(seconds: number): Promise<void> {
    const { status, stamp } = await this.#fixture.save(seconds, { key: this.#key, at: "a" });
    assert.equal(status, "stored");
    this.#accept({ positions: new Map([[lecture("a"), { stamp, seconds }]]), reset: null });
  }

  async #startOver(): Promise<void> {
    const newest = greatestStamp(this.#store.reset, ...stampsOf(this.#store));
    const reset = await this.#fixture.buffer.startOver(this.#key, newest);
    this.#accept({ positions: new Map(), reset });
    assert.deepEqual(this.#accepted.positions, new Map());
  }

  async #claim(leaseMs: number): Promise<void> {
    this.#claims.push(...(await this.#fixture.claims({ leaseMs })));
  }

  #write(claim: Claim): void {
    this.#store = joinPositions(this.#store, claim);
    this.#written.add(claim);
  }

  #accept(state: PositionState): void {
    this.#accepted = joinPositions(this.#accepted, state);
  }

  /** Buffer and store together always know exactly what was accepted; what the store lacks keeps the key dirty. */
  async #check(): Promise<void> {
    const { positions, reset } = await this.#fixture.buffer.read(this.#key);
    assert.deepEqual(joinPositions({ positions, reset }, this.#store), this.#accepted);
    if (!(await this.#fixture.isDirty(this.#key))) assert.deepEqual(this.#store, this.#accepted);
  }
}

function stampsOf({ positions }: PositionState): Stamp[] {
  return [...positions.values()].map(({ stamp }) => stamp);
}
