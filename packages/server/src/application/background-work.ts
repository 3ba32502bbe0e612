import type { Clock } from "../ports/clock.ts";
import type { Telemetry } from "../ports/telemetry.ts";

interface BackgroundWorkOptions {
  /** What it is called when it fails. */
  readonly task: string;
  readonly everyMs: number;
  /** Told when to stop early. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Does some work again and again, once it was started; a failure is told, and the next time comes all the same. */
export class BackgroundWork implements AsyncDisposable {
  readonly #options: BackgroundWorkOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: BackgroundWorkOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Finishes the work under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { task, everyMs, work, clock, telemetry } = this.#options;
    while (!signal.aborted) {
      await work(signal).catch((error: unknown) => telemetry.backgroundFailed(task, error));
      await clock.sleep(everyMs, signal);
    }
  }
}
