import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

const delayMs = 250;

/**
 * A line to the service on which everything that is sent is under way for a while, and is lost when whoever sent it has
 * hung up meanwhile: so a request that does not outlive its page never arrives.
 */
export class SlowLine implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(serviceUrl: string): Promise<SlowLine> {
    const port = Number(new URL(serviceUrl).port);
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
        sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          sockets.delete(socket);
          other.destroy();
        });
      }
      near.on("data", (bytes) => void setTimeout(() => far.write(bytes), delayMs));
      far.pipe(near);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new SlowLine(server, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
