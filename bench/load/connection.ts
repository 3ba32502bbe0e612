import { connect, type Socket } from "node:net";

const headEnd = "\r\n\r\n";
const statusAt = "HTTP/1.1 ".length;

interface ConnectionEvents {
  readonly answer: (status: number) => void;
  readonly lost: () => void;
}

/**
 * One keep-alive connection that sends one request at a time. It reads no more of an answer than its status and where it
 * ends: what the load costs is taken from what is measured.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #onAnswer: (status: number) => void;
  #pending: Buffer | undefined;
  #isClosing = false;

  constructor(target: { port: number; host: string }, events: ConnectionEvents) {
    this.#onAnswer = events.answer;
    this.#socket = connect(target);
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (bytes: Buffer) => this.#read(bytes));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => this.#isClosing || events.lost());
  }

  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once("connect", resolve);
      this.#socket.once("error", reject);
    });
  }

  send(request: Buffer): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    const answer = this.#pending === undefined ? bytes : Buffer.concat([this.#pending, bytes]);
    const end = endOf(answer);
    if (end === undefined || answer.length < end) {
      this.#pending = answer;
      return;
    }
    this.#pending = undefined;
    this.#onAnswer(Number(answer.toString("latin1", statusAt, statusAt + 3)));
  }
}

/** Where the answer ends; undefined while its head is not complete. */
function endOf(answer: Buffer): number | undefined {
  const head = answer.indexOf(headEnd);
  if (head === -1) return undefined;
  const length = /content-length: (\d+)/i.exec(answer.toString("latin1", 0, head))?.[1];
  if (length === undefined) throw new Error(`An answer without its length: ${answer.toString("latin1", 0, head)}`);
  return head + headEnd.length + Number(length);
}
