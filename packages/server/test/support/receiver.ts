import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import type { CloudEvent } from "../../src/domain/cloud-event.ts";

export interface Received {
  readonly event: CloudEvent;
  readonly headers: IncomingMessage["headers"];
}

/** Answers a request whose signature was right. */
type Behaviour = (response: ServerResponse, received: Received) => void;

export const accept: Behaviour = (response) => void response.writeHead(204).end();

export function answer(status: number, headers: Record<string, string> = {}, body = ""): Behaviour {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** Takes the request and never says a word. */
export const hang: Behaviour = () => undefined;

/** `whsec_` and so many bytes. */
export function someSecret(fill = 7, bytes = 32): string {
  return `whsec_${Buffer.alloc(bytes, fill).toString("base64")}`;
}

/** Somebody else's program that is told of events: real HTTP, and each signature checked by the public package. */
export class Receiver implements AsyncDisposable {
  /** Everything that came with a right signature, in order, whatever it was answered. */
  readonly received: Received[] = [];
  /** How many requests came without one. */
  forged = 0;
  behave: Behaviour = accept;
  readonly #server: Server;
  readonly #isTls: boolean;
  readonly #verifier: Webhook;

  private constructor(secret: string, tls: ServerOptions | undefined) {
    this.#verifier = new Webhook(secret);
    this.#isTls = tls !== undefined;
    const listener: RequestListener = (request, response) => void this.#receive(request, response);
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  static async start({
    secret = someSecret(),
    port = 0,
    tls,
  }: { secret?: string; port?: number; tls?: ServerOptions } = {}): Promise<Receiver> {
    const receiver = new Receiver(secret, tls);
    receiver.#server.listen(port, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#isTls ? "https" : "http"}://127.0.0.1:${this.port}/events`;
  }

  /** Ids of the events that came, each as often as it came. */
  get ids(): string[] {
    return this.received.map(({ event }) => event.id);
  }

  /** Nobody answers at its address any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    } catch {
      // The sender has gone away.
      return;
    }
    try {
      const headers = request.headers as Record<string, string>;
      const event = this.#verifier.verify(Buffer.concat(parts).toString(), headers) as CloudEvent;
      this.received.push({ event, headers: request.headers });
    } catch {
      this.forged++;
      response.writeHead(401).end();
      return;
    }
    this.behave(response, this.received.at(-1) as Received);
  }
}
