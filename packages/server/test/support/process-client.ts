import { Agent, request } from "node:http";
import { issueToken } from "../../src/demo/token.ts";
import { jwtSecret } from "./process.ts";

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

export interface ProgressView {
  readonly watchTimes: Record<string, number>;
  readonly completedLectures: string[];
  readonly completionPercentage: number;
  readonly serverTime: number;
}

export interface Stats {
  readonly currentStreak: number;
  readonly longestStreak: number;
  readonly totalCompleted: number;
}

export interface Session {
  readonly sessionId: string;
  readonly sessionStartedAt: number;
  readonly elapsedMs: number;
  readonly seq: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
/** For more at once than connections are good for. */
const crowdedAgent = new Agent({ maxSockets: Infinity });

/** The service answered, but not with a success. */
class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** One person's requests to a process. They reject when there is no answer, and for every answer that is no success. */
export class Client {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(url: string, token: string, connections: Agent = agent) {
    this.#url = url;
    this.#token = token;
    this.#agent = connections;
  }

  static async of(url: string, userId: string, claims: { role?: string } = {}): Promise<Client> {
    return new Client(url, (await issueToken(jwtSecret, { sub: userId, ...claims })).token);
  }

  /** One of a crowd: their requests wait for no connection. */
  static async crowded(url: string, userId: string): Promise<Client> {
    return new Client(url, (await issueToken(jwtSecret, { sub: userId })).token, crowdedAgent);
  }

  async save(courseId: string, lectureId: string, watchTime: number, session?: Session): Promise<void> {
    await this.call("POST", "/api/v1/progress/save", { courseId, lectureId, watchTime, ...session });
  }

  async complete(courseId: string, lectureId: string): Promise<void> {
    await this.call("POST", "/api/v1/progress/complete", { courseId, lectureId });
  }

  async undo(courseId: string, lectureId: string): Promise<void> {
    await this.call("DELETE", `/api/v1/progress/${courseId}/lectures/${lectureId}/completion`);
  }

  async startOver(courseId: string): Promise<void> {
    await this.call("DELETE", `/api/v1/progress/${courseId}`);
  }

  async progress(courseId: string): Promise<ProgressView> {
    return this.#json("GET", `/api/v1/progress/${courseId}`);
  }

  async stats(): Promise<Stats> {
    return this.#json("GET", "/api/v1/stats/student");
  }

  async achievements(): Promise<{ earned: { achievementId: string }[]; locked: { achievementId: string }[] }> {
    return this.#json("GET", "/api/v1/stats/achievements");
  }

  async heatmap(): Promise<{ date: string; count: number }[]> {
    return this.#json("GET", "/api/v1/progress/heatmap/data");
  }

  async importCourses(courses: object[]): Promise<void> {
    await this.call("POST", "/api/v1/courses/import", { courses });
  }

  /** The value of a metric without labels, or of the first with labels. */
  async metric(name: string): Promise<number> {
    const { text } = await this.call("GET", "/metrics");
    return Number(new RegExp(`^${name}(?:{.*})? (.+)$`, "m").exec(text)?.[1]);
  }

  async call(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await this.ask(method, path, body);
    if (answer.status < 300) return answer;
    throw new RefusedError(`${method} ${path} was answered ${answer.status}: ${answer.text}`, answer.status);
  }

  /** Whatever the answer; rejects when there is none. */
  ask(method: string, path: string, body?: object): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const headers = { authorization: `Bearer ${this.#token}`, ...(body && { "content-type": "application/json" }) };
    const outgoing = request(this.#url + path, { method, agent: this.#agent, headers });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (part: string) => (text += part));
      incoming.on("error", reject);
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
    });
    outgoing.end(body && JSON.stringify(body));
    return promise;
  }

  async #json<Body>(method: string, path: string): Promise<Body> {
    return JSON.parse((await this.call(method, path)).text) as Body;
  }
}

export function isRefused(error: unknown): boolean {
  return error instanceof RefusedError;
}

/** A refusal that leaves open whether it was done. */
export function isUnknown(error: unknown): boolean {
  return error instanceof RefusedError && error.status === 503;
}

/** Courses as an import takes them: each with lectures `l-0`, `l-1`, ... of an hour. */
export function courseOf(courseId: string, lectures: number): object {
  return {
    courseId,
    title: courseId,
    lectures: Array.from({ length: lectures }, (_, index) => ({
      lectureId: `l-${index}`,
      title: `Lecture ${index}`,
      durationSeconds: 3_600,
    })),
  };
}
