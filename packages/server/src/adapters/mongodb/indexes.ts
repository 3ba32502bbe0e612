import type { Db, IndexDescription } from "mongodb";
import { reasonOf } from "./failures.ts";

/** Every index beside `_id`. What is unique is what the compare-and-sets and upserts rest on. */
const indexes: Readonly<Record<string, readonly IndexDescription[]>> = {
  progress: [
    { key: { userId: 1, courseId: 1 }, unique: true },
    // Holds all that `totals` needs.
    { key: { userId: 1, completedCount: 1, courseCompletedAt: 1 } },
    // Holds only what is unsettled, which is next to nothing.
    { key: { "outbox.occurredAt": 1 }, sparse: true },
  ],
  activities: [{ key: { userId: 1, date: 1 }, unique: true }],
  users: [{ key: { "outbox.occurredAt": 1 }, sparse: true }],
  achievements: [{ key: { userId: 1, achievementId: 1 }, unique: true }],
  erasures: [{ key: { upTo: 1 } }],
  events: [
    // For the erasure of a student.
    { key: { userId: 1 } },
    // Each holds only what its sink waits for.
    { key: { "waiting.stream": 1 }, sparse: true },
    { key: { "waiting.webhooks": 1 }, sparse: true },
    // For a replay.
    { key: { occurredAt: 1, _id: 1 } },
  ],
  deliveries: [
    { key: { webhookId: 1, dueAt: 1 } },
    // For the age of what waits.
    { key: { webhookId: 1, status: 1, expiresAt: 1 } },
    { key: { status: 1, endedAt: 1 } },
    // For the erasure of a student.
    { key: { userId: 1 } },
  ],
};

/** An index cannot be made. The message says what to do about it. */
export class IndexError extends Error {
  override readonly name = "IndexError";
}

/**
 * Makes the indexes that are missing; those that are there cost nothing.
 * @throws IndexError when MongoDB refuses one; the driver's own error when it does not answer
 */
export async function createIndexes(database: Db): Promise<void> {
  await Promise.all(
    Object.entries(indexes).map(async ([collection, descriptions]) => {
      try {
        await database.collection(collection).createIndexes([...descriptions]);
      } catch (error) {
        throw explain(`${database.databaseName}.${collection}`, error);
      }
    }),
  );
}

function explain(collection: string, error: unknown): unknown {
  const reason = reasonOf(error);
  const advise = (text: string): IndexError => new IndexError(`${text} (${reason})`, { cause: error });
  switch ((error as { code?: unknown }).code) {
    case 11_000:
      return advise(`An index of ${collection} must be unique and its documents are not: merge or remove the doubles.`);
    case 85:
    case 86:
      return advise(`${collection} has an index of the same name or fields with other options: drop that one.`);
    case 13:
      return advise(`The user of MONGODB_URL may not make indexes on ${collection}: give it the role readWrite.`);
    default:
      return error;
  }
}
