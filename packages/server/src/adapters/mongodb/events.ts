import { ObjectId } from "mongodb";
import type { LearningEvent } from "../../domain/completion.ts";
import type { UserId } from "../../domain/ids.ts";
import type { EventSink } from "../../ports/event-sink.ts";
import type { MongoConnection } from "./connection.ts";
import { toStoredId } from "./documents.ts";
import { settleRace } from "./failures.ts";
import { toOutboxEntry } from "./progress-document.ts";

/** Events as documents under their own id, so that one that is told twice is kept once. */
export class MongoEventSink implements EventSink {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  publish(event: LearningEvent): Promise<void> {
    const { id, ...entry } = toOutboxEntry(event);
    const { userId, courseId } = event;
    const document = { ...entry, userId, courseId: toStoredId(courseId), sequence: new ObjectId() };
    return this.#connection.answer(async ({ events }) => {
      // An insert that meets its own id would not say whether a majority has it; an upsert waits for that.
      await settleRace(() => events.updateOne({ _id: id }, { $setOnInsert: document }, { upsert: true }));
    });
  }

  erase(userId: UserId): Promise<void> {
    return this.#connection.answer(async ({ events }) => void (await events.deleteMany({ userId })));
  }
}
