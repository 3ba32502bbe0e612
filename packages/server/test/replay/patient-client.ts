import { setTimeout as delay } from "node:timers/promises";
import { type ApiClient, ApiError } from "./api-client.ts";

const giveUpAfterMs = 15_000;
const betweenTriesMs = 250;

/** Sends again what a service that restarts, or asks to wait, has not answered. A save that comes twice does no harm. */
export class PatientClient implements Disposable {
  readonly #client: ApiClient;
  /** Requests that had to be sent again. */
  resent = 0;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** @throws ApiError or the error of the connection when patience ends */
  async call<Body = unknown>(token: string, method: string, path: string, body?: object): Promise<Body> {
    const deadline = performance.now() + giveUpAfterMs;
    for (;;) {
      try {
        return await this.#client.call<Body>(token, method, path, body);
      } catch (error) {
        if (!isPassing(error) || performance.now() > deadline) throw error;
        this.resent++;
        await delay(betweenTriesMs);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

/** The service waits, restarts or is gone; anything else that it answers it will answer again. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 429 || error.status === 503;
}
