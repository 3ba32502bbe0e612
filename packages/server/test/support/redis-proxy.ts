import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** An address that stays the same whatever server is behind it. Counts how often a client waits for an answer. */
export class RedisProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;
  #roundTrips = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => {
      const server = connect(this.#target, "127.0.0.1");
      let isWaiting = false;
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => [client, server].forEach((end) => end.destroy()));
      }
      client.on("data", (bytes) => {
        // Whatever is sent before the answer comes goes on the same trip.
        if (!isWaiting) this.#roundTrips++;
        isWaiting = true;
        server.write(bytes);
      });
      server.on("data", (bytes) => {
        isWaiting = false;
        client.write(bytes);
      });
    });
  }

  static async start(target: number): Promise<RedisProxy> {
    const proxy = new RedisProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** New connections go to another server; old ones stay. */
  pointTo(port: number): void {
    this.#target = port;
  }

  /** How many round trips the work takes. */
  async count(work: () => Promise<unknown>): Promise<number> {
    const before = this.#roundTrips;
    await work();
    return this.#roundTrips - before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
