import type { CompleteRequest } from "@aetherlearn/protocol";
import type { TrackerEvents, TrackerProblem, TrackerStatus, TrackOptions } from "./api.ts";
import type { Browser } from "./browser.ts";
import { Delivery, type DeliveryListener } from "./delivery.ts";
import { keyOf, type Message, type SaveMessage, type UnsentMessage } from "./message.ts";
import { recordedAt, type Session, type Snapshot, startSession } from "./session.ts";
import { httpTransport, isUnauthorized, type Reply, type ReplyBody } from "./transport.ts";
import { UnsentMessages } from "./unsent-messages.ts";

const toleratedLagMs = 2_000;
const freshMs = 1_000;
const elsewhereSeconds = 10;

export interface ProgressListener {
  /** Where the student stopped, in seconds, as well as that can be known now. Once, before anything is recorded. */
  known(position: number): void;
  /** Another position is stored, more than 10 s away. `late`: nothing was known of it when the student began. */
  differs(offer: TrackerEvents["resumable"]): void;
  changed(): void;
  refused(problem: TrackerProblem): void;
  /** The service asks for at least this pause between heartbeats. */
  paced(intervalMs: number): void;
}

/**
 * One lecture's progress between this browser and the service.
 *
 * Modes: opening (asking what is stored), provisional (no answer yet; positions are recorded in a session that the
 * service does not prefer to what it has), open (it answered; positions carry its time).
 * Invariants: nothing is recorded while opening; a recorded position stays in this browser until the service has it
 * for good.
 */
export class LectureProgress implements DeliveryListener {
  readonly #browser: Browser;
  readonly #listener: ProgressListener;
  readonly #lecture: CompleteRequest;
  readonly #question: Message;
  readonly #saveKey: string;
  readonly #unsent: UnsentMessages;
  readonly #delivery: Delivery;
  #session: Session;
  #isOpen = false;
  #isTakenUp = false;
  /** Position, in seconds, that is the newest as far as this page knows. */
  #newest = 0;
  /** What an earlier page left unsent, unless the service has a newer one. */
  #leftover: Snapshot | undefined;
  /** What keeps positions from arriving, until something is answered. */
  #trouble: "offline" | "blocked" | undefined;
  #hasSaved = false;
  #completion: Promise<void> | undefined;
  #endCompletion: ((problem?: TrackerProblem) => void) | undefined;
  /** Whether the student's position is known, so that positions may be recorded. */
  isKnown = false;
  isCompleted = false;

  constructor(browser: Browser, options: TrackOptions, listener: ProgressListener) {
    const { courseId, lectureId, userId } = options;
    this.#browser = browser;
    this.#listener = listener;
    this.#session = startSession(browser);
    this.#lecture = { courseId: canonical(courseId), lectureId: canonical(lectureId) };
    this.#question = { kind: "load", body: this.#lecture };
    this.#unsent = new UnsentMessages(browser, userId);
    this.#delivery = new Delivery(
      browser,
      httpTransport(browser, options, (token) => this.#identify(token)),
      this,
    );
    this.#saveKey = keyOf({ kind: "save", body: this.#lecture });
    if (userId !== undefined) this.#takeUp();
    this.#delivery.put(this.#question);
  }

  get status(): TrackerStatus {
    if (this.#trouble) return this.#trouble;
    if (this.#delivery.has(this.#saveKey)) return "saving";
    return this.#hasSaved ? "saved" : "idle";
  }

  /** Keeps a position, in seconds, and brings it to the service, unless it is kept for later. */
  record(watchTime: number, isForLater?: boolean): void {
    this.#newest = watchTime;
    this.#keep({ kind: "save", body: { ...this.#lecture, watchTime, ...this.#session.next() } }, isForLater);
  }

  /** Rejects, with the problem as the cause, if the service refuses; then it may be tried again. */
  complete(): Promise<void> {
    this.#completion ??= new Promise((resolve, reject) => {
      this.#endCompletion = (cause) => {
        if (!cause) return resolve();
        this.#completion = undefined;
        reject(new Error(cause.detail, { cause }));
      };
      this.#keep({ kind: "complete", body: this.#lecture });
    });
    return this.#completion;
  }

  /** Asks whether another device has gone on, unless this one still has something to say. */
  compare(): void {
    if (this.isKnown && !this.#delivery.has(this.#saveKey)) this.#delivery.put(this.#question);
  }

  /** Sends what is unsent now; `isLeaving`: the page may be gone in a moment. */
  hurry(isLeaving?: boolean): void {
    this.#delivery.hurry(isLeaving);
  }

  /** Asks nothing any more; what is unsent goes on being sent. */
  stop(): void {
    this.#delivery.drop(this.#question);
  }

  answered(message: Message, reply: Reply): void {
    const { status, body } = reply;
    const { stamp = "", superseded, persisted = stamp } = body;
    const isRefused = status >= 400;
    const isOver = isRefused || superseded === true || (persisted ?? "") >= stamp;
    if (message.kind !== "load" && isOver) this.#unsent.forget(message);
    this.#trouble = undefined;
    if (this.#isOwn(message)) {
      if (isRefused) this.#refuse(message, reply);
      else this.#accept(message, reply);
    }
    this.#listener.changed();
    if (this.#isOpen && !this.#delivery.has(this.#saveKey)) this.#tell();
  }

  delayed(message: Message, reply: Reply, isSilent: boolean): void {
    if (message.kind === "save" && reply.status === 409) return this.#resend(message, reply.body.serverTime);
    const isBlocked = isUnauthorized(reply) || (isSilent && this.#browser.navigator.onLine);
    this.#trouble = isBlocked ? "blocked" : "offline";
    this.#listener.changed();
    this.#tell();
  }

  #identify(token: string): void {
    this.#unsent.identify(token);
    this.#takeUp();
  }

  /** Queues what earlier pages left, this lecture's position first. */
  #takeUp(): void {
    if (this.#isTakenUp) return;
    this.#isTakenUp = true;
    for (const message of this.#unsent.kept()) {
      const isOwnSave = message.kind === "save" && this.#isOwn(message);
      if (isOwnSave && !this.isKnown) this.#leftover = message.body;
      if (!this.#delivery.has(keyOf(message))) this.#delivery.put(message, isOwnSave);
    }
  }

  #tell(): void {
    if (this.isKnown) return;
    this.isKnown = true;
    if (!this.#isOpen) this.#session = startSession(this.#browser, this.#leftover);
    this.#newest = this.#leftover?.watchTime ?? this.#newest;
    this.#listener.known(this.#newest);
  }

  #load({ serverTime = 0, watchTimes = {}, completedLectures = [], device }: ReplyBody): void {
    const { lectureId } = this.#lecture;
    const wasOpen = this.#isOpen;
    this.#isOpen = true;
    this.isCompleted = completedLectures.includes(lectureId);
    if (!wasOpen) this.#session = startSession(this.#browser, { sessionStartedAt: serverTime });
    const stored = new Map(Object.entries(watchTimes)).get(lectureId) ?? this.#newest;
    const isElsewhere = Math.abs(stored - this.#newest) > elsewhereSeconds;
    this.#newest = stored;
    if (this.isKnown && isElsewhere) {
      this.#listener.differs({ position: stored, reason: wasOpen ? "elsewhere" : "late", device });
    }
  }

  #accept(message: Message, reply: Reply): void {
    const { superseded, nextIntervalMs = 0 } = reply.body;
    if (message.kind === "load") this.#load(reply.body);
    else if (message.kind === "complete") {
      this.isCompleted = true;
      this.#endCompletion?.();
    } else {
      this.#hasSaved = true;
      this.#listener.paced(nextIntervalMs);
    }
    if (superseded) {
      this.#leftover = undefined;
      this.compare();
    }
    this.#followClock(message, reply);
  }

  #refuse(message: Message, { status, body: { code, detail } }: Reply): void {
    const problem = { status, code, detail };
    this.#trouble = "blocked";
    if (message.kind === "save") this.#leftover = undefined;
    if (message.kind === "complete") this.#endCompletion?.(problem);
    this.#listener.refused(problem);
  }

  /** A device that slept lags behind, as its monotonic clock may have stopped: it goes on in a new session. */
  #followClock(message: Message, { body: { serverTime = 0 }, sentAt }: Reply): void {
    if (!this.#isOpen) return;
    const roundTripMs = this.#browser.performance.now() - sentAt;
    const sentAtTime = this.#session.timeAt(sentAt);
    if (serverTime - sentAtTime <= toleratedLagMs + roundTripMs) return;
    // A position that had to wait may be from before the sleep, and older than what another device saved meanwhile.
    const isFresh = message.kind === "save" && sentAtTime - recordedAt(message.body) < freshMs;
    if (isFresh) this.#resend(message, serverTime);
    else this.#session = startSession(this.#browser, { sessionStartedAt: serverTime });
  }

  /** Gives the position, or the one that has taken its place, the stamp of a new session. */
  #resend(message: SaveMessage, sessionStartedAt = 0): void {
    const newest = this.#delivery.newest(message);
    this.#session = startSession(this.#browser, { sessionStartedAt });
    this.#unsent.forget(newest, true);
    this.#keep({ kind: "save", body: { ...newest.body, ...this.#session.next() } });
  }

  #keep(message: UnsentMessage, isForLater?: boolean): void {
    this.#unsent.put(message);
    if (!isForLater) this.#delivery.put(message, message.kind === "save");
    this.#listener.changed();
  }

  #isOwn({ body }: Message): boolean {
    return keyOf({ kind: "save", body }) === this.#saveKey;
  }
}

/** The service writes hexadecimal ids in lower case. */
function canonical(id: string): string {
  return /^[\da-f]{24}$/i.test(id) ? id.toLowerCase() : id;
}
