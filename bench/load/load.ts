import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { RequestPlan } from "./request.ts";

/** What a load does: as much as the connections take, or each student at a pace of its own whatever the answers do. */
export type LoadPlan =
  | {
      readonly pace: "busy";
      readonly url: string;
      readonly connections: number;
      readonly requests: readonly RequestPlan[];
    }
  | { readonly pace: "steady"; readonly url: string; readonly rotas: readonly Rota[] };

/** Students who send the same kind of request, each once per period, at moments drawn by lot. */
export interface Rota {
  readonly name: string;
  readonly periodMs: number;
  /** One for each student; the student's connection is the one of the same place in every rota. */
  readonly requests: readonly RequestPlan[];
}

/** Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Since the last report. */
export interface LoadReport {
  /** By the name of the rota, from the moment a request was meant to be sent until its answer was there. */
  readonly latencies: Readonly<Record<string, Latencies>>;
  /** From the moment a request was meant to be sent until it was: what the generator itself is late. */
  readonly lag: Latencies;
  /** Requests that were answered with another status than 200, by status; 0 stands for a lost connection. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Places in the memory that the generator shares. */
export const counters = { answered: 0, failed: 1 } as const;

/** A running generator of load, in a thread of its own. Disposing of it closes its connections. */
export class Load implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #counts: Int32Array;

  private constructor(worker: Worker, counts: Int32Array) {
    this.#worker = worker;
    this.#counts = counts;
  }

  /** Resolves when all connections are there; nothing is sent yet. */
  static async connect(plan: LoadPlan): Promise<Load> {
    const counts = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(new URL("./generator.ts", import.meta.url), { workerData: { plan, counts } });
    await once(worker, "message");
    return new Load(worker, counts);
  }

  start(): void {
    this.#worker.postMessage("start");
  }

  /** Sends nothing more until it is started again; resolves when all that was sent is answered. Of a busy load only. */
  async pause(): Promise<void> {
    this.#worker.postMessage("pause");
    await once(this.#worker, "message");
  }

  /** Answers so far. @throws Error when one of them was no success: nothing that is measured then means anything */
  get answered(): number {
    const failed = Atomics.load(this.#counts, counters.failed);
    if (failed > 0) throw new Error(`${failed} requests failed under load.`);
    return Atomics.load(this.#counts, counters.answered);
  }

  async report(): Promise<LoadReport> {
    this.#worker.postMessage("report");
    const [report] = (await once(this.#worker, "message")) as [LoadReport];
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#worker, "exit");
    this.#worker.postMessage("stop");
    await exit;
  }
}
