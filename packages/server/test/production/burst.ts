import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { issueToken } from "../../src/demo/token.ts";
import { jwtSecret, type ServiceProcess } from "../support/process.ts";

/**
 * Students who ask for the same at the very same moment, each over a connection of their own: the process stands still while the
 * requests arrive, and finds them all in one turn of its event loop.
 */
export class Burst implements AsyncDisposable {
  readonly #service: ServiceProcess;
  readonly #students: readonly { readonly socket: Socket; readonly token: string }[];

  private constructor(service: ServiceProcess, students: readonly { socket: Socket; token: string }[]) {
    this.#service = service;
    this.#students = students;
  }

  static async of(service: ServiceProcess, count: number): Promise<Burst> {
    const { port, hostname } = new URL(service.url);
    const students = Array.from({ length: count }, async (_, index) => {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      const { token } = await issueToken(jwtSecret, { sub: `burst-${index}` });
      return { socket, token };
    });
    return new Burst(service, await Promise.all(students));
  }

  /** Resolves when every save is answered with 200. */
  save(courseId: string, watchTime: number): Promise<void> {
    const body = JSON.stringify({ courseId, lectureId: "l-0", watchTime });
    return this.#send(["POST /api/v1/progress/save HTTP/1.1", "content-type: application/json"], body);
  }

  /** Resolves when every read is answered with 200. */
  read(courseId: string): Promise<void> {
    return this.#send([`GET /api/v1/progress/${courseId} HTTP/1.1`]);
  }

  async #send(head: readonly string[], body = ""): Promise<void> {
    const answers = this.#students.map(({ socket }) => answerOn(socket));
    await this.#service.pause();
    try {
      await Promise.all(this.#students.map(({ socket, token }) => write(socket, requestOf(token, head, body))));
    } finally {
      this.#service.signal("SIGCONT");
    }
    for (const answer of await Promise.all(answers)) {
      if (!answer.startsWith("HTTP/1.1 200")) throw new Error(`A request was answered: ${answer}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.#students) socket.destroy();
  }
}

function requestOf(token: string, head: readonly string[], body: string): string {
  const common = ["host: progress", `authorization: Bearer ${token}`, `content-length: ${body.length}`];
  return [...head, ...common, "", body].join("\r\n");
}

/** Resolves when the kernel has it. */
async function write(socket: Socket, text: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.write(text, () => resolve());
  await promise;
}

/** One answer, all of it ASCII. */
async function answerOn(socket: Socket): Promise<string> {
  let text = "";
  while (!isWhole(text)) {
    const [bytes] = (await once(socket, "data")) as [Buffer];
    text += bytes.toString();
  }
  return text;
}

function isWhole(text: string): boolean {
  const [head = "", body = ""] = text.split("\r\n\r\n", 2);
  return body.length === Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
}
