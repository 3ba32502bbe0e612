import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Lane } from "./lane.ts";
import { until } from "./process-waiting.ts";

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Turns what a client sends, in whatever pieces, into its requests. */
export type RequestReader = (bytes: Buffer) => WireRequest[];

/** Which requests are meant: by name, or by whatever else can be seen of them. */
export type Match = RegExp | ((request: WireRequest) => boolean);

/** What a client sends on one connection before it waits for an answer. */
type Trip = string[];

interface Connection {
  readonly up: Lane;
  readonly down: Lane;
  destroy(): void;
  reset(): void;
}

/** A request that gets no further, or whose answer does not. Disposing of it cuts its connection, unless it was released. */
export class Held implements Disposable {
  readonly #isIn: () => boolean;
  readonly #forget: () => void;
  connection: Connection | undefined;
  letGo: () => void = () => undefined;

  constructor(isIn: (held: Held) => boolean, forget: (held: Held) => void) {
    this.#isIn = () => isIn(this);
    this.#forget = () => forget(this);
  }

  /** Resolves when the request, or its answer, is held. */
  async reached(): Promise<void> {
    await until("what is to be held has come", () => this.#isIn(), { withinMs: 30_000 });
  }

  /** Lets it go its way, however late: also when its sender is gone. */
  release(): void {
    this.#forget();
    this.letGo();
    this.connection = undefined;
  }

  /** Ends the connection; what is held arrives nowhere. */
  cut(): void {
    this.#forget();
    this.connection?.destroy();
  }

  [Symbol.dispose](): void {
    this.cut();
  }
}

interface Trap {
  readonly match: Match;
  readonly side: "request" | "answer";
  readonly held: Held;
}

/** Lanes that are closed for all connections, also those to come. */
interface Barrier {
  readonly sides: readonly ("up" | "down")[];
  readonly openers: (() => void)[];
}

/**
 * Stands between clients and a server on this machine, at an address that stays the same whatever server is behind it. Sees
 * every request, counts how often clients wait for an answer, and does to connections what networks do: delays, holds,
 * loses, cuts, resets, and says nothing at all. What is held arrives late rather than never, as on a network.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #trips: Trip[] = [];
  readonly #traps = new Set<Trap>();
  readonly #barriers = new Set<Barrier>();
  #target: number;
  /** How long answers are on their way. */
  distanceMs: number;

  private constructor(target: { readonly port: number }, reader: () => RequestReader, distanceMs: number) {
    this.#target = target.port;
    this.distanceMs = distanceMs;
    this.#server = createServer((client) => this.#join(client, connect(this.#target, "127.0.0.1"), reader()));
  }

  /** @param distanceMs how long answers are on their way: what is sent together must not look like two trips */
  static async before(
    target: { readonly port: number },
    reader: () => RequestReader,
    { distanceMs = 0 }: { distanceMs?: number } = {},
  ): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, reader, distanceMs);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The round trips that the work takes, without requests that match `noise`. */
  async tripsOf(work: () => Promise<unknown>, noise: RegExp): Promise<Trip[]> {
    // What is sent while an earlier request still waits for its answer goes on that one's trip.
    const before = new Map(this.#trips.map((trip) => [trip, trip.length]));
    await work();
    const trips = this.#trips.map((trip) =>
      trip.slice(before.get(trip) ?? 0).filter((request) => !noise.test(request)),
    );
    return trips.filter(({ length }) => length > 0);
  }

  /** How many requests have been sent so far that match. */
  count(pattern: RegExp): number {
    return this.#trips.reduce((sum, trip) => sum + trip.filter((request) => pattern.test(request)).length, 0);
  }

  /** New connections go to another server; old ones stay. */
  pointTo({ port }: { readonly port: number }): void {
    this.#target = port;
  }

  /** From now on no answer gets through. @returns what lets them through, also those held back */
  holdAnswers(): () => void {
    return this.#raise(["down"]);
  }

  /** From now on nothing gets through either way, and nobody is told. @returns what lets everything through, late */
  blackHole(): () => void {
    return this.#raise(["up", "down"]);
  }

  /** Holds the next request that matches, and what follows it on its connection. */
  holdRequest(match: Match): Held {
    return this.#trap(match, "request");
  }

  /** Holds the answer to the next request that matches: the server has done what it was asked, and nobody learns of it. */
  holdAnswer(match: Match): Held {
    return this.#trap(match, "answer");
  }

  /** Cuts the connection of the next request that matches when its answer comes. Resolves then. */
  async loseAnswer(match: Match): Promise<void> {
    const held = this.holdAnswer(match);
    await held.reached();
    held.cut();
  }

  /** Ends all connections; new ones are let in. */
  cut(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Ends all connections as a machine does that has never heard of them. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #trap(match: Match, side: Trap["side"]): Held {
    const forget = (held: Held): void => {
      for (const trap of this.#traps) if (trap.held === held) this.#traps.delete(trap);
    };
    const isIn = ({ connection }: Held): boolean =>
      connection !== undefined && connection[side === "request" ? "up" : "down"].waiting > 0;
    const held = new Held(isIn, forget);
    this.#traps.add({ match, side, held });
    return held;
  }

  #raise(sides: Barrier["sides"]): () => void {
    const barrier: Barrier = { sides, openers: [] };
    this.#barriers.add(barrier);
    for (const connection of this.#connections) this.#closeLanes(connection, barrier);
    return () => {
      this.#barriers.delete(barrier);
      for (const open of barrier.openers) open();
    };
  }

  #closeLanes(connection: Connection, { sides, openers }: Barrier): void {
    for (const side of sides) openers.push(connection[side].close());
  }

  #join(client: Socket, server: Socket, read: RequestReader): void {
    const connection: Connection = {
      up: new Lane(server, () => 0),
      down: new Lane(client, () => this.distanceMs),
      destroy: () => [client, server].forEach((socket) => socket.destroy()),
      reset: () => [client, server].forEach((socket) => socket.resetAndDestroy()),
    };
    this.#connections.add(connection);
    for (const barrier of this.#barriers) this.#closeLanes(connection, barrier);
    for (const [socket, lane] of [
      [client, connection.up],
      [server, connection.down],
    ] as const) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        lane.end();
        if (client.destroyed && server.destroyed) this.#connections.delete(connection);
      });
    }
    let open: Trip | undefined;
    client.on("data", (bytes: Buffer) => {
      for (const request of read(bytes)) {
        // Whatever is sent before the answer comes goes on the same trip.
        if (open === undefined) this.#trips.push((open = []));
        open.push(request.name);
        this.#catch(request, connection);
        connection.up.send(request.bytes);
      }
    });
    server.on("data", (bytes: Buffer) => connection.down.send(bytes, () => (open = undefined)));
  }

  #catch(request: WireRequest, connection: Connection): void {
    for (const trap of this.#traps) {
      const { match, side, held } = trap;
      if (match instanceof RegExp ? !match.test(request.name) : !match(request)) continue;
      this.#traps.delete(trap);
      held.connection = connection;
      held.letGo = connection[side === "request" ? "up" : "down"].close();
    }
  }
}
