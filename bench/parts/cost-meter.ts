import { setTimeout as delay } from "node:timers/promises";
import type { Load } from "../load/load.ts";
import { cpuMicros } from "../machine/cpu.ts";
import type { Contender } from "../programs/contenders.ts";

/** CPU microseconds for each request, by process. */
export type Costs = Readonly<Record<string, number>>;

/** Milliseconds: until a load has its pace, and what is measured of it. */
const window = { settle: 30, measured: 120 } as const;
/** A window in which less is answered is prolonged, so many times at most. */
const fewestAnswers = 20;
const patience = 200;
/** The stores are at rest when they use less than so much of so many milliseconds; after so many looks the next one goes on without. */
const rest = { ms: 40, usedMicros: 2_000, times: 50 } as const;

/** Adds up what a contender uses while it has its turn. */
export class CostMeter {
  readonly #contender: Contender;
  readonly #load: Load;
  #answered = 0;
  #micros: Record<string, number> = {};

  constructor(contender: Contender, load: Load) {
    this.#contender = contender;
    this.#load = load;
  }

  async turn(): Promise<void> {
    const load = this.#load;
    load.start();
    await delay(window.settle);
    const [answeredBefore, before] = [load.answered, this.#used()];
    await delay(window.measured);
    for (let more = 0; load.answered - answeredBefore < fewestAnswers && more < patience; more++)
      await delay(window.measured);
    this.#answered += load.answered - answeredBefore;
    for (const [process, micros] of Object.entries(this.#used())) {
      this.#micros[process] = (this.#micros[process] ?? 0) + micros - (before[process] ?? 0);
    }
    await load.pause();
    await this.#rest();
  }

  reset(): void {
    [this.#answered, this.#micros] = [0, {}];
  }

  costs(): Costs {
    if (this.#answered === 0) throw new Error(`${this.#contender.name} answered nothing.`);
    return Object.fromEntries(
      Object.entries(this.#micros).map(([process, micros]) => [process, micros / this.#answered]),
    );
  }

  /** What the stores have still to do for this contender must not be counted as the next one's. */
  async #rest(): Promise<void> {
    for (let times = 0; times < rest.times; times++) {
      const before = this.#usedByStores();
      await delay(rest.ms);
      if (this.#usedByStores() - before < rest.usedMicros) return;
    }
  }

  #usedByStores(): number {
    const { service: _, ...stores } = this.#used();
    return Object.values(stores).reduce((sum, micros) => sum + micros, 0);
  }

  #used(): Costs {
    return Object.fromEntries(Object.entries(this.#contender.pids).map(([process, pid]) => [process, cpuMicros(pid)]));
  }
}
