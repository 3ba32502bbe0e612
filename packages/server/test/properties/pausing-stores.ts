import type { Stores } from "../../src/ports/stores.ts";

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
    const entries = Object.entries(ports).map(([name, port]) => [name, this.#pausing(port)] as const);
    this.stores = { ...stores, ...(Object.fromEntries(entries) as Partial<Stores>) };
  }

  /** Resolves when the call that waits has been made. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  goOn(): void {
    this.#released.resolve();
  }

  #pausing(port: object): object {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...args: unknown[]): Promise<unknown> => {
          if (this.#callsLeft-- === 0) {
            this.#reached.resolve();
            await this.#released.promise;
          }
          return Reflect.apply(method, target, args) as unknown;
        };
      },
    });
  }
}
