import { EmbeddedAchievementStore } from "../../src/adapters/embedded/achievements.ts";
import { EmbeddedActivityStore } from "../../src/adapters/embedded/activity.ts";
import { EmbeddedPositionBuffer } from "../../src/adapters/embedded/buffer.ts";
import { EmbeddedCatalog, EmbeddedCatalogCache } from "../../src/adapters/embedded/catalog.ts";
import { EmbeddedDeliveryStore } from "../../src/adapters/embedded/deliveries.ts";
import { EmbeddedDisabledWebhooks } from "../../src/adapters/embedded/disabled-webhooks.ts";
import { EmbeddedEventLog } from "../../src/adapters/embedded/events.ts";
import { EmbeddedProgressStore } from "../../src/adapters/embedded/store.ts";
import { EmbeddedStudentStore } from "../../src/adapters/embedded/students.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import type { LearningEvent } from "../../src/domain/event.ts";
import { achievementStoreContract } from "../contracts/achievement-store.ts";
import { activityStoreContract } from "../contracts/activity-store.ts";
import { catalogCacheContract } from "../contracts/catalog-cache.ts";
import { catalogContract } from "../contracts/catalog.ts";
import { deliveryStoreContract } from "../contracts/delivery-store.ts";
import { eventLogContract } from "../contracts/event-log.ts";
import { positionBufferContract } from "../contracts/position-buffer.ts";
import { progressStoreContract } from "../contracts/progress-store.ts";
import type { StoreHarness } from "../contracts/store-fixture.ts";
import { studentStoreContract } from "../contracts/student-store.ts";
import { openDataFile, spoil } from "./data-file.ts";

const name = "SQLite";

positionBufferContract(name, async ({ flushIntervalMs }) => {
  const { database, dispose } = await openDataFile();
  return {
    buffer: new EmbeddedPositionBuffer(database, { clock: systemClock, flushIntervalMs }),
    spoil: async (key) => spoil(database, "buffer_positions", key),
    [Symbol.asyncDispose]: dispose,
  };
});

async function openStore(): Promise<StoreHarness> {
  const { database, dispose } = await openDataFile();
  return {
    store: new EmbeddedProgressStore(database),
    catalog: new EmbeddedCatalog(database),
    spoil: async (key) => spoil(database, "positions", key),
    [Symbol.asyncDispose]: dispose,
  };
}

progressStoreContract(name, openStore);

catalogContract(name, openStore);

catalogCacheContract(name, async () => {
  const { database, dispose } = await openDataFile();
  const [cache, catalog] = [new EmbeddedCatalogCache(database), new EmbeddedCatalog(database)];
  return { cache, catalog, [Symbol.asyncDispose]: dispose };
});

activityStoreContract(name, async () => {
  const { database, dispose } = await openDataFile();
  return { activities: new EmbeddedActivityStore(database), [Symbol.asyncDispose]: dispose };
});

studentStoreContract(name, async () => {
  const { database, dispose } = await openDataFile();
  return { students: new EmbeddedStudentStore(database), [Symbol.asyncDispose]: dispose };
});

achievementStoreContract(name, async () => {
  const { database, dispose } = await openDataFile();
  return { achievements: new EmbeddedAchievementStore(database), [Symbol.asyncDispose]: dispose };
});

eventLogContract(name, async () => {
  const { database, dispose } = await openDataFile();
  const rows = database.prepare<{ event: string }>("SELECT event FROM events ORDER BY sequence");
  return {
    log: new EmbeddedEventLog(database),
    kept: async () => rows.all().map(({ event }) => JSON.parse(event) as LearningEvent),
    [Symbol.asyncDispose]: dispose,
  };
});

deliveryStoreContract(name, async () => {
  const { database, dispose } = await openDataFile();
  return {
    deliveries: new EmbeddedDeliveryStore(database),
    disabledWebhooks: new EmbeddedDisabledWebhooks(database),
    log: new EmbeddedEventLog(database),
    [Symbol.asyncDispose]: dispose,
  };
});
