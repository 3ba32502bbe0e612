import type { Clock } from "../ports/clock.ts";
import type { PositionBuffer, PositionSave, SaveOutcome } from "../ports/position-buffer.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { type Asker, TurnBatch } from "./turn-batch.ts";

/**
 * Brings the saves of two event-loop turns to the buffer by one call. Nothing stays here after its answer: a save is either
 * in the buffer or its caller has been told.
 */
export class SaveBatch {
  readonly #buffer: PositionBuffer;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #turn: TurnBatch<PositionSave, SaveOutcome>;

  constructor(deps: { buffer: PositionBuffer; clock: Clock; telemetry: Telemetry }) {
    this.#buffer = deps.buffer;
    this.#clock = deps.clock;
    this.#telemetry = deps.telemetry;
    this.#turn = new TurnBatch(deps.clock, (askers) => void this.#send(askers));
  }

  /** Resolves when the buffer has answered for this save. */
  add(save: PositionSave): Promise<SaveOutcome> {
    return this.#turn.add(save);
  }

  async #send(askers: readonly Asker<PositionSave, SaveOutcome>[]): Promise<void> {
    const startedAt = this.#clock.now();
    try {
      const outcomes = await this.#buffer.save(askers.map(({ ask }) => ask));
      askers.forEach(({ resolve }, index) => resolve(outcomes[index] as SaveOutcome));
      this.#telemetry.positionsSaved({ ...count(outcomes), durationMs: this.#clock.now() - startedAt });
    } catch (error) {
      for (const { reject } of askers) reject(error);
      const durationMs = this.#clock.now() - startedAt;
      this.#telemetry.positionsSaved({ stored: 0, superseded: 0, refused: askers.length, durationMs });
    }
  }
}

function count(outcomes: readonly SaveOutcome[]): { stored: number; superseded: number; refused: number } {
  let stored = 0;
  let superseded = 0;
  for (const { status } of outcomes) {
    if (status === "stored") stored++;
    else if (status === "superseded") superseded++;
  }
  return { stored, superseded, refused: outcomes.length - stored - superseded };
}
