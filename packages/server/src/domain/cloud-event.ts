import type { LearningEvent } from "./event.ts";

/** An event as it leaves the service: CloudEvents 1.0 in its JSON format. */
export interface CloudEvent {
  readonly specversion: "1.0";
  /** The same for the same event, however often it is sent. */
  readonly id: string;
  readonly source: typeof eventSource;
  readonly type: LearningEvent["type"];
  /** The student. */
  readonly subject: string;
  /** When it happened, RFC 3339. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: Readonly<Record<string, unknown>>;
}

/** Where events come from; together with the id it names an event among all events of the world. */
const eventSource = "/aetherlearn/progress";

/** Puts an event into its envelope. The same event gives the same envelope. */
export function toCloudEvent(event: LearningEvent): CloudEvent {
  const { id, type, userId, occurredAt, zone, ...facts } = event;
  return {
    specversion: "1.0",
    id,
    source: eventSource,
    type,
    subject: userId,
    time: new Date(occurredAt).toISOString(),
    datacontenttype: "application/json",
    data: { userId, ...facts, timeZone: zone },
  };
}
