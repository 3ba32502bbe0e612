interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes one call of those that come in the same turn, or while the last one is under way. It fails for all of them or for none. */
export class Batch<Item, Result> {
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>;
  #waiting: Waiting<Item, Result>[] = [];
  #isUnderWay = false;

  /** @param work answers with one result for each item, in order */
  constructor(work: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#work = work;
  }

  add(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ item, resolve, reject });
    if (!this.#isUnderWay) {
      this.#isUnderWay = true;
      setImmediate(() => void this.#run());
    }
    return promise;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      try {
        const results = await this.#work(together.map(({ item }) => item));
        for (const [index, { resolve }] of together.entries()) resolve(results[index] as Result);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isUnderWay = false;
  }
}
