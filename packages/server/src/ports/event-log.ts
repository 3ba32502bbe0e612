import type { LearningEvent } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";
import type { SinkName } from "./event-sink.ts";

/**
 * Every event, kept once and for good, with the sinks that have not got it yet. Every method rejects with the code
 * `store_unavailable` when its outcome is unknown or nothing was done.
 */
export interface EventLog {
  /**
   * Keeps the event, and with it that these sinks wait for it. An id that is kept already changes nothing.
   * @returns whether it was new
   */
  add(event: LearningEvent, sinks: readonly SinkName[]): Promise<boolean>;

  /** Events that occurred before the given instant and that this sink waits for, oldest first. */
  waiting(sink: SinkName, before: number, limit: number): Promise<LearningEvent[]>;

  /** This sink has the event. */
  delivered(sink: SinkName, event: LearningEvent): Promise<void>;

  /**
   * Events that occurred at or after the given instant, oldest first.
   * @param last the last of those before, or null to begin with
   */
  since(instant: number, last: LearningEvent | null, limit: number): Promise<LearningEvent[]>;

  /** @param until what occurred up to this instant, milliseconds since 1970; left out: everything */
  erase(userId: UserId, until?: number): Promise<void>;
}
