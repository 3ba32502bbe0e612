import { Agent, type IncomingHttpHeaders, request } from "node:http";

export interface Answer {
  readonly status: number;
  /** Parsed; null when there is none. */
  readonly body: unknown;
}

/** The service answered, but not with what was asked for. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(what: string, { status, body }: Answer) {
    super(`${what} was answered ${status}: ${JSON.stringify(body)}`);
    this.status = status;
  }
}

/** Talks to a running service over connections that stay open. */
export class ApiClient implements Disposable {
  readonly #base: string;
  readonly #agent: Agent;

  constructor(url: string, { connections = 16 }: { connections?: number } = {}) {
    this.#base = `${url}/api/v1`;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws ApiError unless the answer is a success */
  async call<Body = unknown>(token: string, method: string, path: string, body?: object): Promise<Body> {
    const answer = await this.ask(token, method, path, body);
    if (answer.status >= 300) throw new ApiError(`${method} ${path}`, answer);
    return answer.body as Body;
  }

  /** Rejects when nobody listens. */
  ask(token: string, method: string, path: string, body?: object): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const content = body && JSON.stringify(body);
    const outgoing = request(this.#base + path, {
      method,
      agent: this.#agent,
      headers: { authorization: `Bearer ${token}`, ...(content && contentHeaders(content)) },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (part: string) => (text += part));
      incoming.on("error", reject);
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body: bodyOf(text, incoming.headers) }));
    });
    outgoing.end(content);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** Not every server says in JSON what it cannot do. */
function bodyOf(text: string, { "content-type": type = "" }: IncomingHttpHeaders): unknown {
  return type.includes("json") ? JSON.parse(text) : text || null;
}

function contentHeaders(content: string): Record<string, string | number> {
  return { "content-type": "application/json", "content-length": Buffer.byteLength(content) };
}
