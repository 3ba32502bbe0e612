import type { ProgressKey } from "../../src/domain/ids.ts";
import { joinPositions, type PositionState } from "../../src/domain/position.ts";
import type { PositionWrite, ProgressStore, WriteOutcome } from "../../src/ports/progress-store.ts";

/**
 * How the store treats one write: `lost` and `late` are both answered "unknown", one was not done, the other was.
 */
export type Mood = "written" | "refused" | "lost" | "late";

/** A store that answers as it is told and remembers what it truly has. */
export class MoodyStore {
  /** One for each write to come; `written` when there is none left. */
  moods: Mood[] = [];
  /** Keys of each batch that came. */
  readonly batches: string[][] = [];
  readonly #has = new Map<string, PositionState>();

  /** All that a flusher asks of a store. */
  get asStore(): ProgressStore {
    return { join: (writes: readonly PositionWrite[]) => this.#join(writes) } as ProgressStore;
  }

  stateOf(key: ProgressKey): PositionState {
    return this.#has.get(nameOf(key)) ?? { positions: new Map(), reset: null };
  }

  async #join(writes: readonly PositionWrite[]): Promise<WriteOutcome[]> {
    this.batches.push(writes.map(({ key }) => nameOf(key)));
    const moods = writes.map(() => this.moods.shift() ?? "written");
    writes.forEach((write, index) => {
      if (moods[index] === "written" || moods[index] === "late") {
        this.#has.set(nameOf(write.key), joinPositions(this.stateOf(write.key), write));
      }
    });
    return moods.map(outcomeOf);
  }
}

export function nameOf({ userId, courseId }: ProgressKey): string {
  return `${userId}:${courseId}`;
}

function outcomeOf(mood: Mood): WriteOutcome {
  switch (mood) {
    case "written":
      return { status: "written" };
    case "refused":
      return { status: "refused", reason: "not this one" };
    default:
      return { status: "unknown", reason: "no answer" };
  }
}
