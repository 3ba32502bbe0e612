import type { CoverageResponse, CreditRequest } from "@aetherlearn/protocol";
import type { Tracker, TrackOptions } from "./api.ts";
import type { Browser } from "./browser.ts";
import { listen } from "./listen.ts";
import type { MediaElementLike } from "./media.ts";
import { newSessionId } from "./session.ts";

/** While a lecture plays: as often as the service writes positions to its database; sooner until it has heard of the sitting. */
const reportMs = 300_000;
const firstReportMs = 15_000;

type CoverageBrowser = Pick<
  Browser,
  "addEventListener" | "crypto" | "document" | "fetch" | "navigator" | "performance"
>;

export type CoverageOptions = Pick<TrackOptions, "endpoint" | "getToken" | "courseId" | "lectureId">;

/**
 * Makes coverage count over all sittings and devices: `tracker` learns what earlier ones played, and the service what this
 * one plays, of which it credits no more than time allows. Only in a browser.
 * @param video what `tracker` tracks
 * @returns what reports once more and ends it: call it when the tracker is stopped
 */
export function keepCoverage(tracker: Tracker, video: MediaElementLike, options: CoverageOptions): () => void {
  const reports = new CoverageReports(tracker, options, window);
  reports.start(video);
  return () => reports.stop();
}

/**
 * What one sitting and the service tell each other of what was played. Each says all it knows and joins what it hears, so
 * whatever does not arrive is a part of the next report.
 */
export class CoverageReports {
  readonly #tracker: Tracker;
  readonly #options: CoverageOptions;
  readonly #browser: CoverageBrowser;
  readonly #end: AbortController = new AbortController();
  readonly #sessionId: string;
  #token: string | undefined;
  /** When this sitting began, by the service's clock; unknown until it has answered. */
  #startedAt: number | undefined;
  /** What the service knows, and what is on its way there, as JSON. */
  #credited: string | undefined;
  #sending: string | undefined;
  #reportedAt = 0;

  constructor(tracker: Tracker, options: CoverageOptions, browser: CoverageBrowser) {
    this.#tracker = tracker;
    this.#options = options;
    this.#browser = browser;
    this.#sessionId = newSessionId(browser);
  }

  start(video: MediaElementLike): void {
    const { document } = this.#browser;
    const { signal } = this.#end;
    const report = (): void => this.#report();
    const reportIfDue = (): void => {
      const pauseMs = this.#startedAt === undefined ? firstReportMs : reportMs;
      if (this.#browser.performance.now() - this.#reportedAt >= pauseMs) report();
    };
    listen(video, signal, { timeupdate: reportIfDue, ended: report });
    listen(document, signal, { visibilitychange: () => document.hidden && report() });
    listen(this.#browser, signal, { pagehide: report });
    report();
  }

  stop(): void {
    this.#end.abort();
    this.#report();
  }

  #report(): void {
    this.#reportedAt = this.#browser.performance.now();
    this.#tell().catch(() => {});
  }

  async #tell(): Promise<void> {
    const played = this.#tracker.playedRanges.map(([from, to]): [number, number] => [from, to]);
    const report = JSON.stringify(played);
    if (report === this.#credited || report === this.#sending) return;
    this.#sending = report;
    const began = this.#startedAt === undefined ? {} : { sessionStartedAt: this.#startedAt };
    await this.#put({ played, sessionId: this.#sessionId, ...began }).finally(() => (this.#sending = undefined));
  }

  async #put(body: CreditRequest): Promise<void> {
    let response = await this.#send(body);
    if (response.status === 401 || response.status === 403) {
      this.#token = undefined;
      response = await this.#send(body);
    }
    if (!response.ok) return;
    const { played, serverTime } = (await response.json()) as CoverageResponse;
    this.#credited = JSON.stringify(played);
    // A tracker that was stopped may have another lecture in its player by now.
    if (!this.#end.signal.aborted) this.#tracker.addPlayed(played);
    this.#startedAt ??= serverTime;
  }

  async #send(body: CreditRequest): Promise<Response> {
    const { endpoint, getToken, courseId, lectureId } = this.#options;
    this.#token ??= await getToken();
    return this.#browser.fetch(`${endpoint}/progress/${courseId}/lectures/${lectureId}/played`, {
      method: "PUT",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      keepalive: true,
    });
  }
}
