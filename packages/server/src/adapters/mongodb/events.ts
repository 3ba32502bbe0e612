import { ObjectId } from "mongodb";
import type { LearningEvent } from "../../domain/event.ts";
import type { UserId } from "../../domain/ids.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { SinkName } from "../../ports/event-sink.ts";
import type { MongoConnection } from "./connection.ts";
import { allAtOnce, type EventDocument, toCourseId, toLectureId, toStoredId, upTo } from "./documents.ts";
import { settleRace } from "./failures.ts";

/** Events as documents under their own id, so that one that is told twice is kept once. */
export class MongoEventLog implements EventLog {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  add(event: LearningEvent, sinks: readonly SinkName[]): Promise<boolean> {
    const { _id, ...document } = toDocument(event);
    const waiting = Object.fromEntries(sinks.map((sink) => [sink, document.occurredAt]));
    const kept = { ...document, sequence: new ObjectId(), ...(sinks.length > 0 && { waiting }) };
    return this.#connection.answer(async ({ events }) => {
      // An insert that meets its own id would not say whether a majority has it; an upsert waits for that.
      const { upsertedCount } = await settleRace(() =>
        events.updateOne({ _id }, { $setOnInsert: kept }, { upsert: true }),
      );
      return upsertedCount === 1;
    });
  }

  waiting(sink: SinkName, before: number, limit: number): Promise<LearningEvent[]> {
    const since = `waiting.${sink}`;
    return this.#connection.answer(async ({ events }) => {
      const found = events.find({ [since]: { $lt: new Date(before) } }, { sort: { [since]: 1 }, limit, ...allAtOnce });
      return (await found.toArray()).map(toEvent);
    });
  }

  delivered(sink: SinkName, { id }: LearningEvent): Promise<void> {
    return this.#connection.answer(async ({ events }) => {
      await events.updateOne({ _id: id }, { $unset: { [`waiting.${sink}`]: "" } });
    });
  }

  since(instant: number, last: LearningEvent | null, limit: number): Promise<LearningEvent[]> {
    const after = last && { $or: [{ occurredAt: { $gt: new Date(last.occurredAt) } }, { _id: { $gt: last.id } }] };
    const from = { occurredAt: { $gte: new Date(last?.occurredAt ?? instant) }, ...after };
    return this.#connection.answer(async ({ events }) => {
      const found = events.find(from, { sort: { occurredAt: 1, _id: 1 }, limit, ...allAtOnce });
      return (await found.toArray()).map(toEvent);
    });
  }

  erase(userId: UserId, until: number = Infinity): Promise<void> {
    const erased = { userId, occurredAt: upTo(until) };
    return this.#connection.answer(async ({ events }) => void (await events.deleteMany(erased)));
  }
}

function toDocument({ id, occurredAt, ...facts }: LearningEvent): Omit<EventDocument, "sequence"> {
  return {
    _id: id,
    ...facts,
    ...("courseId" in facts && { courseId: toStoredId(facts.courseId) }),
    ...("lectureId" in facts && { lectureId: toStoredId(facts.lectureId) }),
    occurredAt: new Date(occurredAt),
  };
}

/** What is left of the document beside ids and bookkeeping is the event, as it was given. */
export function toEvent(document: EventDocument): LearningEvent {
  const { _id, sequence: _sequence, waiting: _waiting, occurredAt, courseId, lectureId, ...facts } = document;
  return {
    id: _id,
    ...facts,
    ...(courseId !== undefined && { courseId: toCourseId(courseId) }),
    ...(lectureId !== undefined && { lectureId: toLectureId(lectureId) }),
    occurredAt: occurredAt.getTime(),
  } as LearningEvent;
}
