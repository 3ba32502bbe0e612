import type { LearningEvent } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";

/** Each place that events leave the service to, by name. */
export type SinkName = "stream" | "webhooks";

/** A place that events leave the service to. */
export interface EventSink {
  readonly name: SinkName;

  /** Resolves when the sink has the event for good; rejects when that is unknown. An id again does no harm. */
  publish(event: LearningEvent): Promise<void>;

  /**
   * Forgets the events of a student that are kept here. What consumers have taken is theirs to forget.
   * @param until what occurred up to this instant, milliseconds since 1970; left out: everything
   */
  erase(userId: UserId, until?: number): Promise<void>;
}
