import type {
  CourseProgressResponse,
  CoverageResponse,
  CreditRequest,
  SaveRequest,
  SaveResponse,
} from "@aetherlearn/protocol";
import { PlayedRanges } from "../../src/played-ranges.ts";
import type { FakeClock } from "./fake-clock.ts";

export interface SeenRequest {
  readonly atMs: number;
  readonly kind: "save" | "complete" | "load" | "played";
  readonly url: string;
  readonly init: RequestInit;
  readonly body: Required<SaveRequest> & CreditRequest;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What happens to a request instead of the service's own answer. `drop`: no answer at all; `hang`: none, ever. */
export type Fate = Answer | "drop" | "hang" | undefined;

/** The service as the player sees it: stamps decide, times are its own, and a test decides what goes wrong. */
export class FakeService {
  readonly #clock: FakeClock;
  readonly requests: SeenRequest[] = [];
  readonly positions: Map<string, { stamp: string; seconds: number }> = new Map();
  readonly completed: Set<string> = new Set();
  readonly played: PlayedRanges = new PlayedRanges();
  /** The kind of device that saved last. */
  device: CourseProgressResponse["device"];
  latencyMs = 0;
  offsetMs = 0;
  /** Stamps up to this one count as durable; undefined: all of them, at once. */
  persisted: string | null | undefined;
  nextIntervalMs: number | undefined;
  /** Asked for each request; what it returns happens instead. */
  fate: (request: SeenRequest) => Fate = () => undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get now(): number {
    return Math.round(this.#clock.wallMs + this.offsetMs);
  }

  get saves(): SeenRequest[] {
    return this.requests.filter(({ kind }) => kind === "save");
  }

  get loads(): SeenRequest[] {
    return this.requests.filter(({ kind }) => kind === "load");
  }

  /** What is asked and told of played ranges. */
  get reports(): SeenRequest[] {
    return this.requests.filter(({ kind }) => kind === "played");
  }

  get savedSeconds(): number[] {
    return this.saves.map(({ body }) => body.watchTime);
  }

  /** Another device saves a position now. */
  store(lectureId: string, seconds: number): void {
    this.positions.set(lectureId, { stamp: stamp(this.now, 0, "f".repeat(16)), seconds });
  }

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const kind = /\/progress\/.*(save|complete|played)$/.exec(url)?.[1] ?? "load";
    const body = JSON.parse(typeof init.body === "string" ? init.body : "{}") as SeenRequest["body"];
    const request = { atMs: this.#clock.monotonicMs, kind, url, init, body } as SeenRequest;
    this.requests.push(request);
    const fate = this.fate(request);
    await this.#travel(init.signal, fate);
    if (fate === "drop") throw new TypeError("Failed to fetch");
    const answer = typeof fate === "object" ? fate : this.#answer(request);
    await this.#travel(init.signal, undefined);
    return response(answer);
  };

  async #travel(signal: AbortSignal | null | undefined, fate: Fate): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      if (fate === "hang") return;
      if (this.latencyMs) this.#clock.setTimeout(resolve, this.latencyMs / 2);
      else resolve();
    });
  }

  #answer({ kind, url, body }: SeenRequest): Answer {
    if (kind === "save") return this.#save(body);
    if (kind === "played") return { status: 200, body: this.#credit(body) };
    if (kind === "load") return { status: 200, body: this.#load(url) };
    this.completed.add(body.lectureId);
    return { status: 200, body: { message: "completed" } };
  }

  #save({ lectureId, watchTime, ...session }: Required<SaveRequest>): Answer {
    const recordedAt = session.sessionStartedAt + session.elapsedMs;
    if (recordedAt > this.now + 5_000) {
      return {
        status: 409,
        body: { status: 409, code: "session_clock", detail: "New session.", serverTime: this.now },
      };
    }
    const own = stamp(recordedAt, session.seq, session.sessionId);
    const superseded = own < (this.positions.get(lectureId)?.stamp ?? "");
    if (!superseded) this.positions.set(lectureId, { stamp: own, seconds: watchTime });
    const persisted = this.persisted === undefined ? own : this.persisted;
    const body: SaveResponse = { message: "synced", serverTime: this.now, stamp: own, superseded, persisted };
    return { status: 200, body: { ...body, nextIntervalMs: this.nextIntervalMs } };
  }

  #credit({ played = [] }: Partial<CreditRequest>): CoverageResponse {
    this.played.unite(played);
    const ranges = this.played.toSeconds().map(([from, to]): [number, number] => [from, to]);
    return { played: ranges, coverage: 0, serverTime: this.now };
  }

  #load(url: string): Partial<CourseProgressResponse> {
    if (!url.includes("/progress/")) throw new Error(url);
    const watchTimes = Object.fromEntries([...this.positions].map(([id, { seconds }]) => [id, seconds]));
    return {
      watchTimes,
      completedLectures: [...this.completed],
      serverTime: this.now,
      ...(this.device && { device: this.device }),
    };
  }
}

function stamp(recordedAt: number, seq: number, sessionId: string): string {
  return `${recordedAt}`.padStart(13, "0") + `${seq}`.padStart(8, "0") + sessionId;
}

function response({ status, body, headers }: Answer): Response {
  const json = (): Promise<unknown> =>
    body === "not json" ? Promise.reject(new SyntaxError("not JSON")) : Promise.resolve(body);
  return { status, ok: status < 300, headers: new Headers(headers), json } as Response;
}
