/** One request that a student sends again and again. */
export interface RequestPlan {
  /**
   * `save` has three fields, `session` all seven, `complete` completes the lecture, the others ask: for the progress of the
   * course, or of all courses.
   */
  readonly kind: "save" | "session" | "complete" | "read" | "dashboard";
  readonly token: string;
  readonly courseId: string;
  readonly lectureId: string;
}

const host = "host: bench";
/** Numbers of a fixed width, so that the next request is the last one with other digits in place. */
const firstSecond = 1_000;
const lastSecond = 3_595;
const firstSeq = 1_000_000;
/** A session that began so long ago that its elapsed milliseconds keep their width for the whole run. */
const sessionAgeMs = 20_000_000;

/** The bytes of a request, made once; each sending writes its own numbers into them. */
export class PreparedRequest {
  readonly #bytes: Buffer;
  readonly #secondsAt: number;
  readonly #elapsedAt: number;
  readonly #seqAt: number;
  readonly #sessionStartedAt = Date.now() - sessionAgeMs;
  #sent = 0;

  constructor(plan: RequestPlan) {
    const text = textOf(plan, this.#sessionStartedAt);
    this.#bytes = Buffer.from(text, "latin1");
    this.#secondsAt = placeOf(text, '"watchTime":');
    this.#elapsedAt = placeOf(text, '"elapsedMs":');
    this.#seqAt = placeOf(text, '"seq":');
  }

  /** Valid until the next call. */
  next(): Buffer {
    const sent = this.#sent++;
    const steps = (lastSecond - firstSecond) / 5 + 1;
    this.#put(this.#secondsAt, firstSecond + (sent % steps) * 5);
    if (this.#seqAt !== -1) {
      this.#put(this.#elapsedAt, Date.now() - this.#sessionStartedAt);
      this.#put(this.#seqAt, firstSeq + sent);
    }
    return this.#bytes;
  }

  #put(at: number, number: number): void {
    if (at !== -1) this.#bytes.write(String(number), at, "latin1");
  }
}

export function isSave({ kind }: RequestPlan): boolean {
  return kind === "save" || kind === "session";
}

/** Of a request that asks. */
export function pathOf({ kind, courseId }: RequestPlan): string {
  return `/api/v1/${kind === "dashboard" ? "stats/course-progress" : `progress/${courseId}`}`;
}

function textOf(plan: RequestPlan, sessionStartedAt: number): string {
  if (plan.kind === "complete") return completeText(plan);
  return isSave(plan) ? saveText(plan, sessionStartedAt) : readText(plan);
}

function readText(plan: RequestPlan): string {
  return `GET ${pathOf(plan)} HTTP/1.1\r\n${host}\r\nauthorization: Bearer ${plan.token}\r\n\r\n`;
}

function saveText({ kind, token, courseId, lectureId }: RequestPlan, sessionStartedAt: number): string {
  const session = { sessionId: sessionIdOf(token), sessionStartedAt, elapsedMs: sessionAgeMs, seq: firstSeq };
  const body = JSON.stringify({ courseId, lectureId, watchTime: firstSecond, ...(kind === "session" && session) });
  return postText("save", token, body);
}

function completeText({ token, courseId, lectureId }: RequestPlan): string {
  return postText("complete", token, JSON.stringify({ courseId, lectureId }));
}

function postText(what: "save" | "complete", token: string, body: string): string {
  const head = [`POST /api/v1/progress/${what} HTTP/1.1`, host, `authorization: Bearer ${token}`];
  return [...head, "content-type: application/json", `content-length: ${body.length}`, "", body].join("\r\n");
}

/** Sixteen hex digits that differ where tokens do. */
function sessionIdOf(token: string): string {
  return Buffer.from(token.slice(-8)).toString("hex");
}

function placeOf(text: string, name: string): number {
  const at = text.indexOf(name);
  return at === -1 ? -1 : at + name.length;
}
