import type { TrackerEvents } from "./api.ts";

type Listener<Type extends keyof TrackerEvents> = (event: TrackerEvents[Type]) => void;

export class Emitter {
  readonly #listeners: { [Type in keyof TrackerEvents]: Set<Listener<Type>> } = {
    status: new Set(),
    resumed: new Set(),
    resumable: new Set(),
    completable: new Set(),
    problem: new Set(),
  };

  on<Type extends keyof TrackerEvents>(type: Type, listener: Listener<Type>): () => void {
    const listeners: Set<Listener<Type>> = this.#listeners[type];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<Type extends keyof TrackerEvents>(type: Type, event: TrackerEvents[Type]): void {
    const listeners: Set<Listener<Type>> = this.#listeners[type];
    listeners.forEach((listener) => listener(event));
  }
}
