import { ProgressError } from "../../src/domain/errors.ts";
import type { Stores } from "../../src/ports/stores.ts";
import { beforeCalls } from "../support/port-calls.ts";

/** Ports through which a process calls its stores until it dies: what it asks for from then on is never done. */
export class DyingStores {
  readonly stores: Stores;
  #callsLeft = Infinity;

  constructor(stores: Stores) {
    const { buffer, store, catalog, cache, activities, students, log, leases } = stores;
    const ports = { buffer, store, catalog, cache, activities, students, log, leases };
    const entries = Object.entries(ports).map(([name, port]) => [name, beforeCalls(port, () => this.#call())] as const);
    this.stores = { ...stores, ...(Object.fromEntries(entries) as Partial<Stores>) };
  }

  /** The process lives (again) for so many calls. */
  liveFor(calls: number): void {
    this.#callsLeft = calls;
  }

  async #call(): Promise<void> {
    if (this.#callsLeft-- <= 0) throw new ProgressError("store_unavailable", "dead");
  }
}
