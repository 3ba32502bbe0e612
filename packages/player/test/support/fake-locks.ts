interface Held {
  readonly name: string;
  readonly steal: () => void;
}

/** Web Locks of one browser, shared by its tabs. */
export class FakeLocks {
  readonly #held = new Map<string, Held>();
  /** As in a frame without an origin. */
  isForbidden = false;

  holds(name: string): boolean {
    return this.#held.has(name);
  }

  readonly request = async (
    name: string,
    { steal, ifAvailable }: LockOptions,
    callback: (lock: Lock | null) => Promise<void> | undefined,
  ): Promise<void> => {
    await Promise.resolve();
    if (this.isForbidden) throw new DOMException("forbidden", "SecurityError");
    if (this.#held.has(name) && ifAvailable) return callback(null);
    if (steal) this.#held.get(name)?.steal();
    const { promise: stolen, reject } = Promise.withResolvers<void>();
    const held: Held = { name, steal: () => reject(new DOMException("stolen", "AbortError")) };
    this.#held.set(name, held);
    try {
      await Promise.race([callback({ name, mode: "exclusive" }), stolen]);
    } finally {
      if (this.#held.get(name) === held) this.#held.delete(name);
    }
    return undefined;
  };
}
