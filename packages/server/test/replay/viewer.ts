import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient } from "./api-client.ts";
import type { WatchSession } from "./real-data.ts";

/** What a course says of one student's positions. */
export interface CoursePositions {
  readonly watchTimes: Readonly<Record<string, number>>;
  readonly lastWatchedLecture: string | null;
}

interface SaveAnswer {
  readonly message: string;
  readonly persisted?: string | null;
}

export interface ViewerOptions {
  readonly client: Pick<ApiClient, "call">;
  readonly token: string;
  /** `session`: every save carries its session, as those of the player do; `arrival`: three fields. */
  readonly order: "session" | "arrival";
  /** Wall time between two saves; none by default. */
  readonly pauseMs?: number;
  readonly onSaved?: (answer: SaveAnswer, latencyMs: number) => void;
}

const heartbeatMs = 5_000;

/** The playhead, in seconds, as a player reports it: every five seconds of what was watched, and where each segment ends. */
export function* heartbeatsOf({ segments }: WatchSession): Generator<number> {
  for (const [from, to] of segments) {
    const end = Math.round(to * 1000);
    for (let ms = Math.round(from * 1000); ms < end; ms += heartbeatMs) yield ms / 1000;
    yield end / 1000;
  }
}

/** `course-v1:FUN-MOOC+00001+session01` has characters that no course id may have. */
export function courseIdOf({ course }: WatchSession): string {
  return course.replace(/^course-v1:/, "").replaceAll("+", "-");
}

/** Watches real sessions again, one after the other, and remembers what the service must know by then. */
export class Viewer {
  readonly #options: ViewerOptions;
  readonly #expected = new Map<string, { watchTimes: Record<string, number>; lastWatchedLecture: string }>();

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  /** What {@link positionsIn} must answer, by course. */
  get expected(): ReadonlyMap<string, CoursePositions> {
    return this.#expected;
  }

  async watch(session: WatchSession): Promise<void> {
    const { client, token, order, pauseMs = 0, onSaved } = this.#options;
    const [courseId, lectureId] = [courseIdOf(session), session.video];
    const sitting = order === "session" ? await this.#sitDown(courseId) : undefined;
    for (const watchTime of heartbeatsOf(session)) {
      if (pauseMs > 0) await delay(pauseMs);
      const body = { courseId, lectureId, watchTime, ...sitting?.next() };
      const sentAt = performance.now();
      const answer = await client.call<SaveAnswer>(token, "POST", "/progress/save", body);
      if (answer.message !== "synced") throw new Error(`A save was answered ${JSON.stringify(answer)}`);
      this.#remember(courseId, lectureId, watchTime);
      onSaved?.(answer, performance.now() - sentAt);
    }
  }

  async positionsIn(courseId: string): Promise<CoursePositions> {
    const { client, token } = this.#options;
    const { watchTimes, lastWatchedLecture } = await client.call<CoursePositions>(
      token,
      "GET",
      `/progress/${courseId}`,
    );
    return { watchTimes, lastWatchedLecture };
  }

  async #sitDown(courseId: string): Promise<Sitting> {
    const { client, token } = this.#options;
    const { serverTime } = await client.call<{ serverTime: number }>(token, "GET", `/progress/${courseId}`);
    // Nobody leaves a lecture and takes it up again within the same millisecond; a replay could.
    await delay(2);
    return new Sitting(serverTime);
  }

  #remember(courseId: string, lectureId: string, watchTime: number): void {
    const watchTimes = this.#expected.get(courseId)?.watchTimes ?? {};
    this.#expected.set(courseId, {
      watchTimes: { ...watchTimes, [lectureId]: watchTime },
      lastWatchedLecture: lectureId,
    });
  }
}

/** One sitting with one lecture, timed by a monotonic clock from a `serverTime` on. */
class Sitting {
  readonly #sessionId = randomBytes(8).toString("hex");
  readonly #startedAt = performance.now();
  readonly #sessionStartedAt: number;
  #seq = 0;

  constructor(serverTime: number) {
    this.#sessionStartedAt = serverTime;
  }

  next(): object {
    return {
      sessionId: this.#sessionId,
      sessionStartedAt: this.#sessionStartedAt,
      elapsedMs: performance.now() - this.#startedAt,
      seq: this.#seq++,
    };
  }
}
