import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Turns what a client sends, in whatever pieces, into the names of its requests. */
export type RequestReader = (bytes: Buffer) => string[];

/** What a client sends on one connection before it waits for an answer. */
type Trip = string[];

/**
 * Stands between clients and a server on this machine: sees every request, counts how often clients wait for an answer,
 * and can hold answers back.
 */
export class Tap implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #trips: Trip[] = [];
  readonly #distanceMs: number;
  #held: (() => void)[] | undefined;

  private constructor(target: { readonly port: number }, reader: () => RequestReader, distanceMs: number) {
    this.#distanceMs = distanceMs;
    this.#server = createServer((client) => this.#join(client, connect(target.port, "127.0.0.1"), reader()));
  }

  /** @param distanceMs how long answers are on their way: what is sent together must not look like two trips */
  static async before(
    target: { readonly port: number },
    reader: () => RequestReader,
    { distanceMs = 0 }: { distanceMs?: number } = {},
  ): Promise<Tap> {
    const tap = new Tap(target, reader, distanceMs);
    tap.#server.listen(0, "127.0.0.1");
    await once(tap.#server, "listening");
    return tap;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The round trips that the work takes, without requests that match `noise`. */
  async tripsOf(work: () => Promise<unknown>, noise: RegExp): Promise<Trip[]> {
    const before = this.#trips.length;
    await work();
    const trips = this.#trips.slice(before).map((trip) => trip.filter((request) => !noise.test(request)));
    return trips.filter(({ length }) => length > 0);
  }

  /** How many requests have been sent so far that match. */
  count(pattern: RegExp): number {
    return this.#trips.reduce((sum, trip) => sum + trip.filter((request) => pattern.test(request)).length, 0);
  }

  /** From now on no answer gets through. @returns what lets them through, also those held back */
  hold(): () => void {
    this.#held = [];
    return () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const send of held) send();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket, server: Socket, read: RequestReader): void {
    let open: Trip | undefined;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (bytes: Buffer) => {
      const requests = read(bytes);
      // Whatever is sent before the answer comes goes on the same trip.
      if (requests.length > 0 && open === undefined) this.#trips.push((open = []));
      open?.push(...requests);
      server.write(bytes);
    });
    server.on("data", (bytes: Buffer) => {
      const answer = (): void => {
        open = undefined;
        client.write(bytes);
      };
      if (this.#held !== undefined) this.#held.push(answer);
      else setTimeout(answer, this.#distanceMs);
    });
  }
}
