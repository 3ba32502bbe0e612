import { ProgressError } from "../../src/domain/errors.ts";
import type { Stores } from "../../src/ports/stores.ts";

/** Ports through which a process calls its stores until it dies: what it asks for from then on is never done. */
export class DyingStores {
  readonly stores: Stores;
  #callsLeft = Infinity;

  constructor(stores: Stores) {
    const { buffer, store, catalog, cache, activities, students, log, leases } = stores;
    const ports = { buffer, store, catalog, cache, activities, students, log, leases };
    const entries = Object.entries(ports).map(([name, port]) => [name, this.#dying(port)] as const);
    this.stores = { ...stores, ...(Object.fromEntries(entries) as Partial<Stores>) };
  }

  /** The process lives (again) for so many calls. */
  liveFor(calls: number): void {
    this.#callsLeft = calls;
  }

  #dying(port: object): object {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...args: unknown[]): Promise<unknown> => {
          if (this.#callsLeft-- <= 0) throw new ProgressError("store_unavailable", "dead");
          return Reflect.apply(method, target, args) as unknown;
        };
      },
    });
  }
}
