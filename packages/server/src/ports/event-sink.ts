import type { LearningEvent } from "../domain/completion.ts";
import type { UserId } from "../domain/ids.ts";

/** Where events leave the service. */
export interface EventSink {
  /** Resolves when the event is kept for good. An id that was published before changes nothing. */
  publish(event: LearningEvent): Promise<void>;

  /** Forgets the events of a student that are kept here. What consumers have taken is theirs to forget. */
  erase(userId: UserId): Promise<void>;
}
