import * as fc from "fast-check";
import type { LectureId } from "../../src/domain/ids.ts";
import { durationSeconds, lectureIds } from "./workbench.ts";

/** A session's save. The sessions run at the same time on devices whose clocks drift apart. */
export interface SessionSave {
  readonly session: number;
  readonly seq: number;
  readonly elapsedMs: number;
  readonly lectureId: LectureId;
  readonly seconds: number;
}

/** Players report positions behind the end too. */
const playhead = fc.integer({ min: 0, max: 1_100 * durationSeconds }).map((ms) => ms / 1000);

export const sessionSave: fc.Arbitrary<SessionSave> = fc.record({
  session: fc.integer({ min: 1, max: 3 }),
  seq: fc.integer({ min: 0, max: 20 }),
  elapsedMs: fc.integer({ min: 0, max: 60_000 }),
  lectureId: fc.constantFrom(...lectureIds),
  seconds: playhead,
});

/** A place among the saves that were made. Delivering in this way shuffles, repeats, delays and loses. */
const place = fc.nat({ max: 1_000 });

export type Step =
  | { readonly type: "deliver"; readonly place: number }
  | { readonly type: "plain"; readonly lectureId: LectureId; readonly seconds: number }
  | { readonly type: "flush" | "startOver" | "claim" }
  | { readonly type: "write" | "acknowledge"; readonly place: number }
  | { readonly type: "wait"; readonly ms: number };

const anHourMs = 3_600_000;

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant("deliver" as const), place }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("plain" as const),
      lectureId: fc.constantFrom(...lectureIds),
      seconds: playhead,
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ type: "flush" as const }, { type: "claim" as const }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("write" as const, "acknowledge" as const), place }) },
  { weight: 1, arbitrary: fc.constant({ type: "startOver" as const }) },
  // Long enough for leases to end, and for clean keys to be forgotten.
  { weight: 2, arbitrary: fc.constantFrom(1, 20_000, 25 * anHourMs).map((ms) => ({ type: "wait" as const, ms })) },
);
