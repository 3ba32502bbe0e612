import type { TrackerEvents } from "./api.ts";

export class Emitter {
  readonly #listeners: Map<keyof TrackerEvents, Set<(event: never) => void>> = new Map();

  on<Type extends keyof TrackerEvents>(type: Type, listener: (event: TrackerEvents[Type]) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit<Type extends keyof TrackerEvents>(type: Type, event: TrackerEvents[Type]): void {
    this.#listeners.get(type)?.forEach((listener) => listener(event as never));
  }
}
