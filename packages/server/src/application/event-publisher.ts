import type { LearningEvent } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { EventSink } from "../ports/event-sink.ts";
import type { Leases } from "../ports/leases.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { BackgroundWork } from "./background-work.ts";
import type { OneAtATime } from "./one-at-a-time.ts";

/** A process delivers its own events at once; what is older than this was left behind, or its sink was away. */
const leftBehindMs = 5_000;
const pollMs = 2_000;
const batchSize = 100;
/** Longer than a sink may take to answer. */
const leaseMs = 15_000;

interface EventPublisherDeps {
  log: EventLog;
  sinks: readonly EventSink[];
  leases: Leases;
  queue: OneAtATime;
  clock: Clock;
  telemetry: Telemetry;
}

/**
 * Keeps events for good, and brings each of them to every sink.
 *
 * Whoever publishes waits for the log and for nothing else: sinks are told when the student's own work is done, so that it does
 * not share the store with theirs. The log knows which sinks wait for an event, so what a sink does
 * not take at once, or a dead process has not delivered, any process delivers later. A sink may see an event again, with
 * the same id.
 */
export class EventPublisher implements AsyncDisposable {
  readonly #deps: EventPublisherDeps;
  readonly #relay: BackgroundWork;
  readonly #underWay = new Set<Promise<boolean>>();

  constructor(deps: EventPublisherDeps) {
    this.#deps = deps;
    this.#relay = new BackgroundWork({
      ...deps,
      task: "find events to deliver",
      everyMs: pollMs,
      work: (signal) => this.deliverLeftBehind(signal),
    });
  }

  /** Resolves when the event is kept; its delivery begins when the student has been answered. Telling an event again is harmless. */
  async publish(event: LearningEvent): Promise<void> {
    const { log, sinks, queue, telemetry } = this.#deps;
    const isNew = await log.add(
      event,
      sinks.map(({ name }) => name),
    );
    // Whoever told it first delivers it; if they died, what is left behind is found.
    if (!isNew) return;
    telemetry.eventPublished(event);
    const answered = queue.ended(event.userId);
    for (const sink of sinks) {
      const delivery = answered.then(() => this.#deliver(sink, event)).finally(() => this.#underWay.delete(delivery));
      this.#underWay.add(delivery);
    }
  }

  /** Forgets what is kept of a student here and in the sinks, all of it or what occurred up to an instant. */
  async erase(userId: UserId, until?: number): Promise<void> {
    const { log, sinks } = this.#deps;
    // First the log: what is not there any more is not delivered any more.
    await log.erase(userId, until);
    await Promise.all(sinks.map((sink) => sink.erase(userId, until)));
  }

  start(): void {
    if (this.#deps.sinks.length > 0) this.#relay.start();
  }

  /** Delivers what was left behind, unless another process does, until nothing is left or the signal is aborted. */
  async deliverLeftBehind(signal?: AbortSignal): Promise<void> {
    await Promise.all(
      this.#deps.sinks.map(async (sink) => {
        while ((await this.#deliverBatch(sink, signal)) === batchSize);
      }),
    );
  }

  /** Finishes the deliveries under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
    await Promise.all(this.#underWay);
  }

  /** How many of the oldest events left behind were delivered. Where one is not taken, the others wait for the next time. */
  async #deliverBatch(sink: EventSink, signal: AbortSignal | undefined): Promise<number> {
    const { log, leases, clock, telemetry } = this.#deps;
    const waiting = await log.waiting(sink.name, clock.now() - leftBehindMs, batchSize);
    telemetry.oldestWaiting(sink.name, waiting[0]?.occurredAt ?? null);
    let delivered = 0;
    for (const event of waiting) {
      if (signal?.aborted === true) break;
      if (!(await leases.take(`${sink.name}:${event.id}`, leaseMs))) continue;
      // A sink that is away is not asked once for every event; the lease lets the next time begin with another one.
      if (!(await this.#deliver(sink, event))) break;
      delivered++;
    }
    return delivered;
  }

  /** Whether the sink has taken it. Never rejects: what is not delivered waits in the log. */
  async #deliver(sink: EventSink, event: LearningEvent): Promise<boolean> {
    const { log, telemetry } = this.#deps;
    try {
      await sink.publish(event);
      await log.delivered(sink.name, event);
      return true;
    } catch (error) {
      telemetry.backgroundFailed(`deliver to ${sink.name}`, error);
      return false;
    }
  }
}
