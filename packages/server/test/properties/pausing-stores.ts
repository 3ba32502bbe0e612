import type { Stores } from "../../src/ports/stores.ts";
import { beforeCalls } from "../support/port-calls.ts";

/** Ports through which a process calls its stores until it stands still: the call after so many waits until it may go on. */
export class PausingStores {
  readonly stores: Stores;
  readonly #reached = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  #callsLeft: number;

  constructor(stores: Stores, calls: number) {
    this.#callsLeft = calls;
    const { store, activities, students, achievements, log, catalog } = stores;
    const ports = { store, activities, students, achievements, log, catalog };
    const entries = Object.entries(ports).map(([name, port]) => [name, beforeCalls(port, () => this.#call())] as const);
    this.stores = { ...stores, ...(Object.fromEntries(entries) as Partial<Stores>) };
  }

  /** Resolves when the call that waits has been made. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  goOn(): void {
    this.#released.resolve();
  }

  async #call(): Promise<void> {
    if (this.#callsLeft-- !== 0) return;
    this.#reached.resolve();
    await this.#released.promise;
  }
}
