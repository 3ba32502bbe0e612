import type { CourseId, LectureId, ProgressKey, UserId } from "../../domain/ids.ts";
import type { Stamp } from "../../domain/stamp.ts";
import type {
  CompletionTotals,
  CourseProgress,
  PositionWrite,
  ProgressChange,
  ProgressStore,
  StoredPlayed,
  StoredProgress,
  Unsettled,
  WriteOutcome,
} from "../../ports/progress-store.ts";
import type { MongoConnection } from "./connection.ts";
import { readCourseProgress } from "./course-progress.ts";
import { allAtOnce, toCourseId } from "./documents.ts";
import { isDuplicateKey } from "./failures.ts";
import { type JoinOperation, prepareWrite } from "./position-writes.ts";
import {
  keyFilter,
  keysFilter,
  type Parts,
  partsOf,
  playedFields,
  progressFields,
  toProgressKey,
  toStoredPlayed,
  toStoredProgress,
} from "./progress-document.ts";
import { changeFilter, changeUpdate } from "./progress-updates.ts";
import { eraseRevived } from "./revived-progress.ts";
import { provenWrites, type ProvenWrite, reportOf } from "./proven-writes.ts";

/** So few are asked for one by one: each has the whole unique key, and MongoDB need not plan an `$or`. */
const findsAlone = 4;

/** More of them would hold up whatever else this process does while their answer is taken apart. */
const documentsPerFind = 50;

/**
 * One document for each student and course, and one atomic update for each write.
 *
 * Flushes write by `$max` and need no filter but the unique key; completions write by compare-and-set on `rev`. The two
 * share no field but the reset, which only grows, so neither ever waits for the other.
 */
export class MongoProgressStore implements ProgressStore {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  read(key: ProgressKey): Promise<StoredProgress> {
    return this.#connection.answer(async ({ progress }) => {
      const found: unknown = await progress.findOne(keyFilter(key), { projection: progressFields, raw: true });
      return toStoredProgress(key, found === null ? {} : partsOf(found as Uint8Array));
    });
  }

  readEach(keys: readonly ProgressKey[]): Promise<StoredProgress>[] {
    const parts = Array.from({ length: Math.ceil(keys.length / documentsPerFind) }, (_, number) =>
      keys.slice(number * documentsPerFind, (number + 1) * documentsPerFind),
    );
    return parts.flatMap((part) => {
      if (part.length <= findsAlone) return part.map((key) => this.read(key));
      const found = this.#find(part);
      // Taken apart by whoever asked for it: what is wrong with one document is nothing to the others.
      return part.map(async (own) => toStoredProgress(own, (await found).get(nameOf(own)) ?? {}));
    });
  }

  readPlayed(key: ProgressKey, lectureId?: LectureId): Promise<StoredPlayed> {
    return this.#connection.answer(async ({ progress }) =>
      toStoredPlayed(await progress.findOne(keyFilter(key), { projection: playedFields(lectureId) })),
    );
  }

  readAllPlayed(userId: UserId): Promise<Map<CourseId, StoredPlayed["played"]>> {
    return this.#connection.answer(async ({ progress }) => {
      const options = { projection: { ...playedFields(), courseId: 1 }, ...allAtOnce };
      const found = await progress.find({ userId, playedAt: { $exists: true } }, options).toArray();
      const all = found.map((document) => [toCourseId(document.courseId), toStoredPlayed(document).played] as const);
      return new Map(all.filter(([, played]) => played.size > 0));
    });
  }

  readAll(userId: UserId): Promise<(StoredProgress & { courseId: CourseId })[]> {
    return this.#connection.answer(async ({ progress }) => {
      const options = { projection: progressFields, raw: true, ...allAtOnce };
      const documents: unknown[] = await progress.find({ userId }, options).toArray();
      return (documents as Uint8Array[]).map((bytes) => {
        const document = partsOf(bytes);
        const key = toProgressKey(document);
        return { courseId: key.courseId, ...toStoredProgress(key, document) };
      });
    });
  }

  async join(writes: readonly PositionWrite[]): Promise<WriteOutcome[]> {
    const prepared = writes.map(prepareWrite);
    const operations = prepared.flatMap((write) => ("operation" in write ? [write.operation] : []));
    const outcomes = (await this.#write(operations)).values();
    return prepared.map((write) => ("operation" in write ? (outcomes.next().value as WriteOutcome) : write.outcome));
  }

  change(key: ProgressKey, rev: number, change: ProgressChange): Promise<boolean> {
    const filter = changeFilter(key, rev, change);
    // There may be nothing to undo, then there is nothing to make either.
    const upsert = rev === 0 && change.type !== "undo";
    return this.#connection.answer(async ({ progress }) => {
      try {
        const result = await progress.updateOne(filter, changeUpdate(change), { upsert });
        return result.matchedCount + result.upsertedCount === 1;
      } catch (error) {
        // The document is there, and its `rev` is another one by now.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }

  settle(key: ProgressKey, eventId: string): Promise<void> {
    return this.#connection.answer(async ({ progress }) => {
      await progress.updateOne(keyFilter(key), { $pull: { outbox: { id: eventId } } });
    });
  }

  unsettled(before: number, limit: number): Promise<Unsettled[]> {
    return this.#connection.answer(async ({ progress }) => {
      // MongoDB would take a limit of 0 for none.
      if (limit === 0) return [];
      const found = await progress
        .find(
          { "outbox.occurredAt": { $lt: new Date(before) } },
          {
            projection: { _id: 0, userId: 1, courseId: 1, "outbox.occurredAt": 1 },
            sort: { "outbox.occurredAt": 1 },
            limit,
            ...allAtOnce,
          },
        )
        .toArray();
      return found.map((document) => ({
        key: toProgressKey(document),
        since: Math.min(...(document.outbox ?? []).map(({ occurredAt }) => occurredAt.getTime())),
      }));
    });
  }

  courseProgress(userId: UserId, started: readonly CourseId[]): Promise<CourseProgress[]> {
    return this.#connection.answer((collections) => readCourseProgress(collections, userId, started));
  }

  totals(userId: UserId): Promise<CompletionTotals> {
    return this.#connection.answer(async ({ progress }) => {
      const isCompleted = { $cond: [{ $gt: ["$courseCompletedAt", null] }, 1, 0] };
      // Asking for what counts only lets the index alone answer.
      const counted = progress.aggregate<CompletionTotals>([
        { $match: { userId, completedCount: { $gt: 0 } } },
        { $group: { _id: null, lectures: { $sum: "$completedCount" }, courses: { $sum: isCompleted } } },
      ]);
      const { lectures, courses } = (await counted.next()) ?? { lectures: 0, courses: 0 };
      return { lectures, courses };
    });
  }

  erase(userId: UserId): Promise<void> {
    return this.#connection.answer(async ({ progress }) => void (await progress.deleteMany({ userId })));
  }

  eraseRevived(userId: UserId, upTo: Stamp): Promise<void> {
    return this.#connection.answer(({ progress }) => eraseRevived(progress, userId, upTo));
  }

  #find(keys: readonly ProgressKey[]): Promise<ReadonlyMap<string, Parts>> {
    return this.#connection.answer(async ({ progress }) => {
      const options = { projection: progressFields, raw: true, ...allAtOnce };
      const found: unknown[] = await progress.find(keysFilter(keys), options).toArray();
      const documents = (found as Uint8Array[]).map(partsOf);
      return new Map(documents.map((document) => [nameOf(toProgressKey(document)), document]));
    });
  }

  /** One bulk; a second one only for those that lost the race for the first upsert of their key. */
  async #write(operations: JoinOperation[]): Promise<WriteOutcome[]> {
    const outcomes = await this.#bulk(operations);
    const raced = operations.filter((_, index) => outcomes[index]?.status === "raced");
    const again = (await this.#bulk(raced)).values();
    return outcomes.map((outcome) => (outcome.status === "raced" ? afterRace(again.next().value) : outcome));
  }

  async #bulk(operations: JoinOperation[]): Promise<ProvenWrite[]> {
    if (operations.length === 0) return [];
    const report = await reportOf(async () => {
      await this.#connection.ready();
      const { progress } = this.#connection.collections;
      return this.#connection.inTime(progress.bulkWrite(operations, { ordered: false }));
    });
    return provenWrites(operations.length, report);
  }
}

function nameOf({ userId, courseId }: ProgressKey): string {
  return `${userId} ${courseId}`;
}

/** A race is lost once: whoever meets a duplicate again has met another unique index, and that is for good. */
function afterRace(outcome: ProvenWrite | undefined): WriteOutcome {
  if (outcome === undefined) return { status: "unknown", reason: "Nothing is known of the second try." };
  return outcome.status === "raced" ? { status: "refused", reason: outcome.reason } : outcome;
}
