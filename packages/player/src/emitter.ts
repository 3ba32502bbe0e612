import type { TrackerEvents } from "./api.ts";

type Listener = (event: never) => void;

/** Has listeners; whoever extends it has something to tell them. */
export class Emitter {
  readonly #listeners: Set<readonly [type: keyof TrackerEvents, listener: Listener]> = new Set();

  on<Type extends keyof TrackerEvents>(type: Type, listener: (event: TrackerEvents[Type]) => void): () => void {
    const entry = [type, listener] as const;
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  protected emit<Type extends keyof TrackerEvents>(type: Type, event: TrackerEvents[Type]): void {
    for (const [wanted, listener] of this.#listeners) if (wanted === type) listener(event as never);
  }
}
