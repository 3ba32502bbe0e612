import { toCloudEvent } from "../../domain/cloud-event.ts";
import type { LearningEvent } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import type { EventSink } from "../../ports/event-sink.ts";
import type { RedisConnection } from "./connection.ts";
import { unavailable } from "./failures.ts";

export interface EventStreamOptions {
  /** The stream's key. */
  readonly name: string;
  /** About so many entries are kept; the oldest go first. */
  readonly length: number;
}

type Entry = readonly [entryId: string, fields: readonly string[]];

const pageSize = 1_000;

/**
 * Events as entries of a Redis Stream, for consumer groups inside the platform. Each entry holds `id`, `type`, `subject` and
 * the whole envelope as `event`. An event may come twice, with the same id, when its answer was lost.
 */
export class RedisEventStream implements EventSink {
  readonly name = "stream";
  readonly #connection: RedisConnection;
  readonly #options: EventStreamOptions;

  constructor(connection: RedisConnection, options: EventStreamOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async publish(event: LearningEvent): Promise<void> {
    const { name, length } = this.#options;
    const envelope = toCloudEvent(event);
    const { id, type, subject } = envelope;
    const fields = ["id", id, "type", type, "subject", subject, "event", JSON.stringify(envelope)];
    try {
      await this.#connection.general.xadd(name, "MAXLEN", "~", length, "*", ...fields);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Looks through the whole stream: it has no order by student. */
  async erase(userId: UserId, until: number = Infinity): Promise<void> {
    const { general } = this.#connection;
    const { name } = this.#options;
    try {
      for (let from = "-"; ;) {
        const page: readonly Entry[] = await general.xrange(name, from, "+", "COUNT", pageSize);
        const theirs = page.filter(([, fields]) => isErased(fields, userId, until)).map(([entryId]) => entryId);
        if (theirs.length > 0) await general.xdel(name, ...theirs);
        const last = page.at(-1);
        if (last === undefined || page.length < pageSize) return;
        from = `(${last[0]}`;
      }
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function isErased(fields: readonly string[], userId: UserId, until: number): boolean {
  if (valueOf(fields, "subject") !== userId) return false;
  const { time } = JSON.parse(valueOf(fields, "event") ?? "{}") as { time?: string };
  return Date.parse(time ?? "") <= until;
}

function valueOf(fields: readonly string[], name: string): string | undefined {
  const index = fields.findIndex((field, place) => place % 2 === 0 && field === name);
  return index === -1 ? undefined : fields[index + 1];
}
