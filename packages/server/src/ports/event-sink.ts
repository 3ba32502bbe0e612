import type { LearningEvent } from "../domain/completion.ts";

/** Where events leave the service. */
export interface EventSink {
  /** Resolves when the event is kept for good. An id that was published before changes nothing. */
  publish(event: LearningEvent): Promise<void>;
}
