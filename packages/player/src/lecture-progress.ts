import type { CompleteRequest } from "@aetherlearn/protocol";
import type { TrackerProblem, TrackerStatus, TrackOptions } from "./api.ts";
import type { Browser } from "./browser.ts";
import { Delivery, type DeliveryListener } from "./delivery.ts";
import { keyOf, type CompleteMessage, type Message, type SaveMessage, type UnsentMessage } from "./message.ts";
import { recordedAt, Session, type Snapshot, stampOf } from "./session.ts";
import { httpTransport, type Reply, type ReplyBody } from "./transport.ts";
import { UnsentMessages } from "./unsent-messages.ts";

const toleratedLagMs = 2_000;
const freshMs = 1_000;
const elsewhereSeconds = 10;

export interface ProgressListener {
  /** Where the student stopped, in seconds, as well as that can be known now. Once, before anything is recorded. */
  known(position: number): void;
  /** Another position is stored, more than 10 s away. `late`: nothing was known of it when the student began. */
  differs(position: number, reason: "late" | "elsewhere"): void;
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
  readonly #load: Message;
  readonly #saveKey: string;
  readonly #unsent: UnsentMessages;
  readonly #delivery: Delivery;
  #session: Session | undefined;
  #isOpen = false;
  #isTakenUp = false;
  /** Position, in seconds, that the service told last. */
  #stored: number | undefined;
  /** Position, in seconds, that is the newest as far as this page knows. */
  #newest = 0;
  /** What an earlier page left unsent, unless the service has a newer one. */
  #leftover: Snapshot | undefined;
  #completion: Promise<void> | undefined;
  #endCompletion: ((problem?: TrackerProblem) => void) | undefined;
  /** Whether the student's position is known, so that positions may be recorded. */
  isKnown = false;
  isCompleted = false;
  status: TrackerStatus = "idle";

  constructor(browser: Browser, options: TrackOptions, listener: ProgressListener) {
    const { courseId, lectureId, userId } = options;
    this.#browser = browser;
    this.#listener = listener;
    this.#lecture = { courseId: canonical(courseId), lectureId: canonical(lectureId) };
    this.#load = { kind: "load", body: this.#lecture };
    this.#unsent = new UnsentMessages(browser, userId);
    this.#delivery = new Delivery(browser, httpTransport(browser, options, (token) => this.#identify(token)), this);
    this.#saveKey = keyOf({ kind: "save", body: this.#lecture });
    if (userId !== undefined) this.#takeUp();
    this.#delivery.put(this.#load);
  }

  /** Keeps a position, in seconds, and brings it to the service. */
  record(watchTime: number): void {
    if (!this.#session) return;
    this.#newest = watchTime;
    this.#save({ ...this.#lecture, watchTime, ...this.#session.next() });
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
    if (this.isKnown && !this.#isSaving) this.#delivery.put(this.#load);
  }

  /** Sends what is unsent now; `isLeaving`: the page may be gone in a moment. */
  hurry(isLeaving?: boolean): void {
    this.#delivery.hurry(isLeaving);
  }

  /** Asks nothing any more; what is unsent goes on being sent. */
  stop(): void {
    this.#delivery.drop(this.#load);
  }

  answered(message: Message, reply: Reply): void {
    const { status, body } = reply;
    if (status >= 400) this.#refused(message, reply);
    else if (message.kind === "load") this.#loaded(body);
    else if (message.kind === "save") this.#saved(message, body);
    else this.#completed(message);
    if (status < 400 && this.status !== "idle") this.#change(this.#isSaving ? "saving" : "saved");
    this.#followClock(message, reply);
    if (this.#isOpen && !this.#isSaving) this.#tell();
  }

  delayed(message: Message, { status, body }: Reply, isSilent: boolean): void {
    if (message.kind === "save" && status === 409) return this.#resend(message, body.serverTime);
    const isBlocked = status === 401 || status === 403 || (isSilent && this.#browser.navigator.onLine);
    this.#change(isBlocked ? "blocked" : "offline");
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
    for (const message of this.#unsent.all()) {
      const isOwnSave = message.kind === "save" && this.#isOwn(message);
      if (isOwnSave && !this.isKnown) {
        this.#leftover = message.body;
        this.status = "saving";
      }
      if (!this.#delivery.has(keyOf(message))) this.#delivery.put(message, isOwnSave);
    }
  }

  #tell(): void {
    if (this.isKnown) return;
    this.isKnown = true;
    this.#session ??= new Session(this.#browser, this.#leftover);
    this.#newest = this.#leftover?.watchTime ?? this.#stored ?? 0;
    this.#listener.known(this.#newest);
  }

  #loaded({ serverTime = 0, watchTimes = {}, completedLectures = [] }: ReplyBody): void {
    const { lectureId } = this.#lecture;
    const wasOpen = this.#isOpen;
    this.#isOpen = true;
    this.isCompleted = completedLectures.includes(lectureId);
    this.#stored = Object.hasOwn(watchTimes, lectureId) ? watchTimes[lectureId] : undefined;
    if (!wasOpen) this.#session = new Session(this.#browser, { sessionStartedAt: serverTime });
    if (!this.isKnown || this.#stored === undefined) return;
    if (Math.abs(this.#stored - this.#newest) <= elsewhereSeconds) return;
    this.#newest = this.#stored;
    this.#listener.differs(this.#stored, wasOpen ? "elsewhere" : "late");
  }

  #saved(message: SaveMessage, { stamp, superseded, persisted, nextIntervalMs = 0 }: ReplyBody): void {
    const ownStamp = stamp ?? stampOf(message.body);
    if (superseded || persisted === undefined || (persisted ?? "") >= ownStamp) this.#unsent.remove(message);
    if (!this.#isOwn(message)) return;
    this.#listener.paced(nextIntervalMs);
    if (!superseded) return;
    this.#leftover = undefined;
    this.compare();
  }

  #completed(message: CompleteMessage): void {
    this.#unsent.remove(message);
    if (!this.#isOwn(message)) return;
    this.isCompleted = true;
    this.#endCompletion?.();
  }

  #refused(message: Message, { status, body: { code, detail } }: Reply): void {
    const problem = { status, code, detail };
    if (message.kind !== "load") this.#unsent.remove(message);
    if (this.#isOwn(message)) {
      if (message.kind === "save") this.#leftover = undefined;
      else this.#endCompletion?.(problem);
    }
    this.#change("blocked");
    this.#listener.refused(problem);
  }

  /** A device that slept lags behind, as its monotonic clock may have stopped: it goes on in a new session. */
  #followClock(message: Message, { body: { serverTime = 0 }, sentAt }: Reply): void {
    if (!this.#isOpen || !this.#session) return;
    const roundTripMs = this.#browser.performance.now() - sentAt;
    const sentAtTime = this.#session.timeAt(sentAt);
    if (serverTime - sentAtTime <= toleratedLagMs + roundTripMs) return;
    // A position that had to wait may be from before the sleep, and older than what another device saved meanwhile.
    const isFresh = message.kind === "save" && sentAtTime - recordedAt(message.body) < freshMs;
    if (isFresh) this.#resend(message, serverTime);
    else this.#session = new Session(this.#browser, { sessionStartedAt: serverTime });
  }

  /** Gives the position, or the one that has taken its place, the stamp of a new session. */
  #resend(message: SaveMessage, sessionStartedAt = 0): void {
    const newest = this.#delivery.newest(message);
    this.#session = new Session(this.#browser, { sessionStartedAt });
    this.#unsent.remove(newest);
    this.#save({ ...newest.body, ...this.#session.next() });
  }

  #save(body: Snapshot): void {
    this.#keep({ kind: "save", body });
    this.#change("saving");
  }

  #keep(message: UnsentMessage): void {
    this.#unsent.put(message);
    this.#delivery.put(message, message.kind === "save");
  }

  get #isSaving(): boolean {
    return this.#delivery.has(this.#saveKey);
  }

  #isOwn({ body }: Message): boolean {
    return keyOf({ kind: "save", body }) === this.#saveKey;
  }

  #change(status: TrackerStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.#listener.changed();
  }
}

/** The service writes hexadecimal ids in lower case. */
function canonical(id: string): string {
  return /^[\da-f]{24}$/i.test(id) ? id.toLowerCase() : id;
}
