import { test } from "node:test";
import type { ProgressDocument } from "../../src/adapters/mongodb/documents.ts";
import { toEvent } from "../../src/adapters/mongodb/events.ts";
import { keyFilter } from "../../src/adapters/mongodb/progress-document.ts";
import { achievementStoreContract } from "../contracts/achievement-store.ts";
import { activityStoreContract } from "../contracts/activity-store.ts";
import { catalogContract } from "../contracts/catalog.ts";
import { deliveryStoreContract } from "../contracts/delivery-store.ts";
import { eventLogContract } from "../contracts/event-log.ts";
import { progressStoreContract } from "../contracts/progress-store.ts";
import type { StoreHarness } from "../contracts/store-fixture.ts";
import { studentStoreContract } from "../contracts/student-store.ts";
import { sharedMongodb } from "../support/mongodb-fixture.ts";
import { withoutMongod } from "../support/mongodb-server.ts";

const name = "MongoDB";

if (withoutMongod === false) keepContracts();
else test(name, { skip: withoutMongod });

/** One server and one database for all: contracts use students and courses that nobody else has. */
function keepContracts(): void {
  const mongodb = sharedMongodb();
  const shared = { [Symbol.asyncDispose]: async () => undefined };

  async function openStore(): Promise<StoreHarness> {
    const { store, catalog, collections } = mongodb.fixture;
    return {
      store,
      catalog,
      spoil: async (key) => {
        // No lecture can be set in a list.
        await collections.progress.insertOne({ ...keyFilter(key), watchTimes: [] as never } satisfies ProgressDocument);
      },
      ...shared,
    };
  }

  progressStoreContract(name, openStore);
  catalogContract(name, openStore);
  activityStoreContract(name, async () => ({ activities: mongodb.fixture.activities, ...shared }));
  studentStoreContract(name, async () => ({ students: mongodb.fixture.students, ...shared }));
  deliveryStoreContract(name, async () => {
    const { deliveries, disabledWebhooks, log } = mongodb.fixture;
    return { deliveries, disabledWebhooks, log, ...shared };
  });
  achievementStoreContract(name, async () => ({ achievements: mongodb.fixture.achievements, ...shared }));
  eventLogContract(name, async () => ({
    log: mongodb.fixture.log,
    kept: async () => {
      const documents = await mongodb.fixture.collections.events.find({}, { sort: { sequence: 1 } }).toArray();
      return documents.map(toEvent);
    },
    ...shared,
  }));
}
