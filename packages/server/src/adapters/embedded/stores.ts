import { ProgressError } from "../../domain/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Stores } from "../../ports/stores.ts";
import { EmbeddedAchievementStore } from "./achievements.ts";
import { EmbeddedActivityStore } from "./activity.ts";
import { EmbeddedPositionBuffer } from "./buffer.ts";
import { EmbeddedCatalog, EmbeddedCatalogCache } from "./catalog.ts";
import { EmbeddedDatabase } from "./database.ts";
import { EmbeddedDeliveryStore } from "./deliveries.ts";
import { EmbeddedDisabledWebhooks } from "./disabled-webhooks.ts";
import { EmbeddedEventLog } from "./events.ts";
import { reasonOf } from "./failures.ts";
import { everybodyMay } from "./leases.ts";
import { EmbeddedProgressStore } from "./store.ts";
import { EmbeddedStudentStore } from "./students.ts";

/**
 * Every port over one SQLite file.
 * @throws DatabaseError when the file cannot be used
 */
export function openEmbeddedStores(file: string, options: { clock: Clock; flushIntervalMs: number }): Stores {
  const database = EmbeddedDatabase.open(file);
  const buffer = new EmbeddedPositionBuffer(database, options);
  return {
    buffer,
    store: new EmbeddedProgressStore(database),
    catalog: new EmbeddedCatalog(database),
    cache: new EmbeddedCatalogCache(database),
    activities: new EmbeddedActivityStore(database),
    achievements: new EmbeddedAchievementStore(database),
    students: new EmbeddedStudentStore(database),
    leases: everybodyMay,
    sinks: [],
    log: new EmbeddedEventLog(database),
    deliveries: new EmbeddedDeliveryStore(database),
    disabledWebhooks: new EmbeddedDisabledWebhooks(database),
    health: async () => ({
      database: await buffer.stats().then(
        () => ({ status: "ok" as const }),
        // Its message is for students; the operator wants to know why.
        (error: unknown) => ({
          status: "unavailable" as const,
          detail: reasonOf(error instanceof ProgressError ? error.cause : error),
        }),
      ),
    }),
    [Symbol.asyncDispose]: async () => database[Symbol.dispose](),
  };
}
