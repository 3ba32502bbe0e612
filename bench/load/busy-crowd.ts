import { Connection } from "./connection.ts";
import type { LoadPlan, LoadReport } from "./load.ts";
import { PreparedRequest } from "./request.ts";
import { LatencyHistogram, Tally } from "./tally.ts";

/** Connections that send the next request as soon as the last one is answered: for costs, not for latencies. */
export class BusyCrowd {
  readonly #connections: Connection[];
  readonly #sendNext: (() => void)[] = [];
  readonly #tally: Tally;
  #isRunning = false;

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
      };
      const connection = new Connection(
        { host, port: Number(port) },
        {
          answer: (status) => {
            tally.count(status);
            sendNext();
          },
          lost: () => tally.count(0),
        },
      );
      this.#sendNext.push(sendNext);
      return connection;
    });
  }

  async connected(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.connected()));
  }

  start(): void {
    this.#isRunning = true;
    for (const sendNext of this.#sendNext) sendNext();
  }

  report(): LoadReport {
    return { latencies: {}, lag: new LatencyHistogram().take(), failures: this.#tally.takeFailures() };
  }

  stop(): void {
    this.#isRunning = false;
    for (const connection of this.#connections) connection.close();
  }
}
