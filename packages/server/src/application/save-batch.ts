import type { Clock } from "../ports/clock.ts";
import type { PositionBuffer, PositionSave, SaveOutcome } from "../ports/position-buffer.ts";
import type { Telemetry } from "../ports/telemetry.ts";

interface Waiting {
  readonly save: PositionSave;
  readonly resolve: (outcome: SaveOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects the saves of one event-loop turn into one call of the buffer. Nothing waits longer than its turn, and nothing
 * stays here after its answer: a save is either in the buffer or its caller has been told.
 */
export class SaveBatch {
  readonly #buffer: PositionBuffer;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  #waiting: Waiting[] = [];

  constructor(deps: { buffer: PositionBuffer; clock: Clock; telemetry: Telemetry }) {
    this.#buffer = deps.buffer;
    this.#clock = deps.clock;
    this.#telemetry = deps.telemetry;
  }

  /** Resolves when the buffer has answered for this save. */
  add(save: PositionSave): Promise<SaveOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#clock.atEndOfTurn(() => void this.#send());
      this.#waiting.push({ save, resolve, reject });
    });
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    const startedAt = this.#clock.now();
    try {
      const outcomes = await this.#buffer.save(batch.map(({ save }) => save));
      batch.forEach(({ resolve }, index) => resolve(outcomes[index] as SaveOutcome));
      this.#telemetry.positionsSaved({ ...count(outcomes), durationMs: this.#clock.now() - startedAt });
    } catch (error) {
      for (const { reject } of batch) reject(error);
      const durationMs = this.#clock.now() - startedAt;
      this.#telemetry.positionsSaved({ stored: 0, superseded: 0, refused: batch.length, durationMs });
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
