import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Stands between a client and its server, and can lose an answer: the server has done what it was asked, and nobody
 * learns of it.
 */
export class MongodbProxy implements AsyncDisposable {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #cutOn: string | undefined;
  /** How many answers have been lost. */
  lost = 0;

  private constructor(target: { port: number }) {
    this.#listener = createServer((client) => this.#join(client, connect(target.port, "127.0.0.1")));
  }

  static async before(target: { port: number }): Promise<MongodbProxy> {
    const proxy = new MongodbProxy(target);
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
    return address.port;
  }

  /** Loses the answer to the next request that holds this text. */
  loseAnswerTo(text: string): void {
    this.#cutOn = text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #join(client: Socket, server: Socket): void {
    let isCut = false;
    const close = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", close);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        close();
      });
    }
    client.on("data", (request: Buffer) => {
      if (this.#cutOn !== undefined && request.includes(this.#cutOn)) {
        this.#cutOn = undefined;
        isCut = true;
      }
      server.write(request);
    });
    server.on("data", (answer: Buffer) => {
      if (!isCut) {
        client.write(answer);
        return;
      }
      this.lost++;
      close();
    });
  }
}
