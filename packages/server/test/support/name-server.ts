import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

const headerBytes = 12;
const types = { 1: "A", 28: "AAAA" } as const;

/** A name server whose answers a test decides, question by question. */
export class NameServer implements AsyncDisposable {
  /** What was asked, such as `A hooks.test`. */
  readonly questions: string[] = [];
  /** The addresses of a name; undefined answers nothing at all. */
  answer: (name: string) => readonly string[] | undefined;
  readonly #socket: Socket = createSocket("udp4");

  private constructor(answer: NameServer["answer"]) {
    this.answer = answer;
    this.#socket.on("message", (query, { port, address }) => {
      const reply = this.#replyTo(query);
      if (reply !== undefined) this.#socket.send(reply, port, address);
    });
  }

  static async start(answer: NameServer["answer"]): Promise<NameServer> {
    const server = new NameServer(answer);
    server.#socket.bind(0, "127.0.0.1");
    await once(server.#socket, "listening");
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }

  #replyTo(query: Buffer): Buffer | undefined {
    const end = query.indexOf(0, headerBytes) + 5;
    const type = types[query.readUInt16BE(end - 4) as keyof typeof types];
    const name = nameIn(query.subarray(headerBytes, end - 5));
    this.questions.push(`${type} ${name}`);
    const addresses = this.answer(name)?.filter((address) => isIPv6(address) === (type === "AAAA"));
    if (addresses === undefined) return undefined;
    const header = Buffer.from(query.subarray(0, headerBytes));
    // An answer, authoritative, without an error; one question and nothing beside the answers.
    header.writeUInt16BE(0x8400, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.fill(0, 8);
    return Buffer.concat([header, query.subarray(headerBytes, end), ...addresses.map((each) => record(type, each))]);
  }
}

function nameIn(labels: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at < labels.length; at += 1 + (labels[at] ?? 0)) {
    parts.push(labels.toString("latin1", at + 1, at + 1 + (labels[at] ?? 0)));
  }
  return parts.join(".");
}

/** For the name in the question, not to be remembered. */
function record(type: "A" | "AAAA", address: string): Buffer {
  const data =
    type === "A" ? address.split(".").map(Number) : groupsOf(address).flatMap((group) => [group >> 8, group & 0xff]);
  return Buffer.from([0xc0, headerBytes, 0, type === "A" ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, data.length, ...data]);
}

function groupsOf(address: string): number[] {
  const [front = [], back = []] = address.split("::").map((part) =>
    part
      .split(":")
      .filter((group) => group !== "")
      .map((group) => Number.parseInt(group, 16)),
  );
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}
