import { Connection } from "./connection.ts";
import type { LoadPlan, LoadReport } from "./load.ts";
import { PreparedRequest } from "./request.ts";
import { LatencyHistogram, Tally } from "./tally.ts";

/** Connections that send the next request as soon as the last one is answered, or pause: for costs, not for latencies. */
export class BusyCrowd {
  readonly #connections: Connection[];
  /** How each connection that waits for nothing sends its next request. */
  readonly #idle: Set<() => void> = new Set();
  readonly #tally: Tally;
  #isRunning = false;
  #onPaused: (() => void) | undefined;

  constructor({ url, connections, requests }: Extract<LoadPlan, { pace: "busy" }>, counts: Int32Array) {
    const { hostname: host, port } = new URL(url);
    const tally = (this.#tally = new Tally(counts));
    this.#connections = Array.from({ length: connections }, (_, index) => {
      // Every connection has students of its own and sends for one after the other.
      const own = requests.filter((_plan, at) => at % connections === index).map((plan) => new PreparedRequest(plan));
      let sent = 0;
      const sendNext = (): void => {
        const request = own[sent++ % own.length];
        if (this.#isRunning && request !== undefined) connection.send(request.next());
        else this.#rest(sendNext);
      };
      const connection = new Connection(
        { host, port: Number(port) },
        {
          answer: (status) => {
            tally.count(status);
            sendNext();
          },
          lost: () => {
            tally.count(0);
            this.#rest(sendNext);
          },
        },
      );
      this.#idle.add(sendNext);
      return connection;
    });
  }

  async connected(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.connected()));
  }

  start(): void {
    this.#isRunning = true;
    const idle = [...this.#idle];
    this.#idle.clear();
    for (const sendNext of idle) sendNext();
  }

  /** Resolves when all that was sent is answered. */
  pause(): Promise<void> {
    this.#isRunning = false;
    return new Promise((resolve) => {
      if (this.#idle.size === this.#connections.length) resolve();
      else this.#onPaused = resolve;
    });
  }

  report(): LoadReport {
    return { latencies: {}, lag: new LatencyHistogram().take(), failures: this.#tally.takeFailures() };
  }

  stop(): void {
    this.#isRunning = false;
    for (const connection of this.#connections) connection.close();
  }

  #rest(sendNext: () => void): void {
    this.#idle.add(sendNext);
    if (this.#idle.size === this.#connections.length) this.#onPaused?.();
  }
}
