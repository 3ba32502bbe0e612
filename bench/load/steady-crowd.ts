import { Connection } from "./connection.ts";
import type { LoadPlan, LoadReport, Rota } from "./load.ts";
import { PreparedRequest } from "./request.ts";
import { LatencyHistogram, Tally } from "./tally.ts";

interface Intended {
  readonly at: number;
  readonly request: PreparedRequest;
  readonly histogram: LatencyHistogram;
}

/**
 * Students who send when it is time, answered or not. A request that has to wait for the answer to the student's last one
 * waits on the clock: its latency counts from the moment it was meant to be sent, so a service that stands still does not
 * hide how many it kept waiting.
 */
export class SteadyCrowd {
  readonly #students: Student[];
  readonly #timetables: Timetable[];
  readonly #histograms: ReadonlyMap<string, LatencyHistogram>;
  readonly #lag = new LatencyHistogram();
  readonly #tally: Tally;
  #timer: NodeJS.Timeout | undefined;

  constructor({ url, rotas }: Extract<LoadPlan, { pace: "steady" }>, counts: Int32Array) {
    const { hostname: host, port } = new URL(url);
    const tally = (this.#tally = new Tally(counts));
    const size = Math.max(...rotas.map(({ requests }) => requests.length));
    this.#students = Array.from(
      { length: size },
      () => new Student({ host, port: Number(port) }, { tally, lag: this.#lag }),
    );
    this.#histograms = new Map(rotas.map(({ name }) => [name, new LatencyHistogram()]));
    this.#timetables = rotas.map((rota) => new Timetable(rota));
  }

  /** Not all at once: the queue of connections that wait to be accepted is short. */
  async connected(): Promise<void> {
    for (let done = 0; done < this.#students.length; done += 100) {
      await Promise.all(this.#students.slice(done, done + 100).map((student) => student.connect()));
    }
  }

  start(): void {
    const startedAt = performance.now();
    const tick = (): void => {
      const now = performance.now();
      for (const timetable of this.#timetables) {
        const histogram = this.#histograms.get(timetable.name) as LatencyHistogram;
        for (const { at, index, request } of timetable.dueBy(now - startedAt)) {
          this.#students[index]?.send({ at: startedAt + at, request, histogram });
        }
      }
      this.#timer = setTimeout(tick, 1);
    };
    tick();
  }

  /** @throws Error always: students whose moments have passed would all send at once afterwards */
  pause(): Promise<void> {
    throw new Error("Students at a pace of their own do not pause.");
  }

  report(): LoadReport {
    const latencies = [...this.#histograms].map(([name, histogram]) => [name, histogram.take()] as const);
    return { latencies: Object.fromEntries(latencies), lag: this.#lag.take(), failures: this.#tally.takeFailures() };
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const student of this.#students) student.close();
  }
}

/** One student on one connection; what cannot be sent yet is kept in order. */
class Student {
  readonly #target: { host: string; port: number };
  readonly #deps: { tally: Tally; lag: LatencyHistogram };
  readonly #waiting: Intended[] = [];
  #connection: Connection | undefined;
  #sent: Intended | undefined;

  constructor(target: { host: string; port: number }, deps: { tally: Tally; lag: LatencyHistogram }) {
    this.#target = target;
    this.#deps = deps;
  }

  async connect(): Promise<void> {
    this.#connection = new Connection(this.#target, {
      answer: (status) => this.#answered(status),
      lost: () => this.#deps.tally.count(0),
    });
    await this.#connection.connected();
  }

  send(intended: Intended): void {
    if (this.#sent !== undefined) {
      this.#waiting.push(intended);
      return;
    }
    this.#deps.lag.record(performance.now() - intended.at);
    this.#sent = intended;
    this.#connection?.send(intended.request.next());
  }

  close(): void {
    this.#connection?.close();
  }

  #answered(status: number): void {
    const { at, histogram } = this.#sent as Intended;
    histogram.record(performance.now() - at);
    this.#deps.tally.count(status);
    this.#sent = undefined;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#sent = next;
    this.#connection?.send(next.request.next());
  }
}

/** Whose turn it is when: every student once per period, at a moment of its own. */
class Timetable {
  readonly name: string;
  readonly #periodMs: number;
  readonly #entries: readonly { offsetMs: number; index: number; request: PreparedRequest }[];
  #next = 0;

  constructor({ name, periodMs, requests }: Rota) {
    this.name = name;
    this.#periodMs = periodMs;
    this.#entries = requests
      .map((plan, index) => ({ offsetMs: Math.random() * periodMs, index, request: new PreparedRequest(plan) }))
      .toSorted((one, other) => one.offsetMs - other.offsetMs);
  }

  *dueBy(elapsedMs: number): Generator<{ at: number; index: number; request: PreparedRequest }> {
    for (;;) {
      const round = Math.floor(this.#next / this.#entries.length);
      const entry = this.#entries[this.#next % this.#entries.length];
      if (entry === undefined) return;
      const at = round * this.#periodMs + entry.offsetMs;
      if (at > elapsedMs) return;
      this.#next++;
      yield { at, index: entry.index, request: entry.request };
    }
  }
}
