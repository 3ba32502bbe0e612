import type { Browser } from "./browser.ts";
import { keyOf, type Message } from "./message.ts";
import { type Beacon, isUnauthorized, type Reply, type Transport } from "./transport.ts";

const secondMs = 1_000;
const longestRetryMs = 60_000;
const silencesUntilProbing = 3;

export interface DeliveryListener {
  /** The service accepted the message, or refused it for good. */
  answered(message: Message, reply: Reply): void;
  /** The message will be sent again. `isSilent`: several requests in a row got no answer at all. */
  delayed(message: Message, reply: Reply, isSilent: boolean): void;
}

/**
 * Brings messages to the service, one request at a time, each until it is answered.
 *
 * Modes: at rest (nothing queued), in flight (one request), waiting (a timer runs until the next try).
 * Invariants: one message a key, a newer one takes the older one's place even while that is in flight; a message
 * leaves the queue only when it was answered itself; nothing is sent before a `Retry-After` is over.
 */
export class Delivery {
  readonly #browser: Browser;
  readonly #transport: Transport;
  readonly #beacon: Beacon | undefined;
  readonly #listener: DeliveryListener;
  #queue: Map<string, Message> = new Map();
  #inFlight: { readonly message: Message; readonly abort: AbortController } | undefined;
  #timer: number | undefined;
  /** Tries in a row that were not answered for good; of these, in a row, without a status. */
  #failures = 0;
  #silences = 0;
  #notBefore = 0;

  constructor(browser: Browser, [transport, beacon]: [Transport, Beacon | undefined], listener: DeliveryListener) {
    this.#browser = browser;
    this.#transport = transport;
    this.#beacon = beacon;
    this.#listener = listener;
  }

  has(key: string): boolean {
    return this.#queue.has(key);
  }

  /** The message, or the one that has taken its place in the queue. */
  newest<Kind extends Message>(message: Kind): Kind {
    return (this.#queue.get(keyOf(message)) as Kind | undefined) ?? message;
  }

  /** Queues the message in the place of its older version, or at the end; `isUrgent`: at the front. */
  put(message: Message, isUrgent = false): void {
    const key = keyOf(message);
    if (isUrgent) this.#queue = new Map([[key, message], ...this.#queue]);
    this.#queue.set(key, message);
    // At the end of the turn, so that what is recorded in one turn goes in one request.
    queueMicrotask(() => {
      if (!this.#inFlight && this.#timer === undefined) void this.#send();
    });
  }

  drop(message: Message): void {
    if (this.newest(message) === message) this.#queue.delete(keyOf(message));
  }

  /** Sends now what waits for another try or another answer, because the page may not live to do it later. */
  hurry(isLeaving = false): void {
    const [message] = this.#queue.values();
    if (!message || this.#browser.performance.now() < this.#notBefore) return;
    if (isLeaving && this.#beacon) this.#beacon(message);
    else if (isLeaving || this.#inFlight?.message !== message) void this.#send();
  }

  async #send(): Promise<void> {
    this.#browser.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#inFlight?.abort.abort();
    this.#inFlight = undefined;
    const [message] = this.#queue.values();
    if (!message) return;

    const inFlight = { message, abort: new AbortController() };
    this.#inFlight = inFlight;
    const reply = await this.#transport(message, inFlight.abort);
    if (this.#inFlight !== inFlight) return;
    this.#inFlight = undefined;
    if (isPassing(reply)) this.#retryLater(message, reply);
    else this.#finish(message, reply);
  }

  #finish(message: Message, reply: Reply): void {
    this.#failures = this.#silences = 0;
    this.drop(message);
    this.#listener.answered(message, reply);
    void this.#send();
  }

  #retryLater(message: Message, reply: Reply): void {
    this.#silences = reply.status ? 0 : this.#silences + 1;
    const isSilent = this.#silences >= silencesUntilProbing;
    const backOffMs = Math.min(longestRetryMs, secondMs * 2 ** this.#failures++) * this.#browser.Math.random();
    const delayMs = reply.retryAfterMs ?? (isSilent ? longestRetryMs : backOffMs);
    this.#notBefore = this.#browser.performance.now() + (reply.retryAfterMs ?? 0);
    this.#timer = this.#browser.setTimeout(() => void this.#send(), delayMs);
    this.#listener.delayed(message, reply, isSilent);
  }
}

/** Whether it may succeed later: without an answer, signed in again, in a new session, or when the service is better. */
function isPassing(reply: Reply): boolean {
  const { status, body } = reply;
  return (
    !status ||
    status >= 500 ||
    [408, 425, 429].includes(status) ||
    isUnauthorized(reply) ||
    (status === 409 && !!body.serverTime)
  );
}
