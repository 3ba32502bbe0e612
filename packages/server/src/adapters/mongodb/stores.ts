import type { PartHealth, Stores } from "../../ports/stores.ts";
import { MongoActivityStore } from "./activity.ts";
import { MongoCatalog } from "./catalog.ts";
import { checkMongo } from "./checks.ts";
import { MongoConnection } from "./connection.ts";
import { MongoEventSink } from "./events.ts";
import { MongoProgressStore } from "./store.ts";
import { MongoStudentStore } from "./students.ts";

/** Every port but the buffer and the catalog's cache, over one database. */
export type MongoStores = Omit<Stores, "buffer" | "cache">;

/**
 * Answers at once, whether MongoDB can be reached or not: `health` tells.
 * @param options.isStrict unsafe settings make the store unavailable; else they are only told
 * @throws ConnectionUrlError
 */
export function openMongoStores(url: string, { isStrict }: { isStrict: boolean }): MongoStores {
  const connection = MongoConnection.open(url);
  return {
    store: new MongoProgressStore(connection),
    catalog: new MongoCatalog(connection),
    activities: new MongoActivityStore(connection),
    students: new MongoStudentStore(connection),
    sink: new MongoEventSink(connection),
    health: async () => ({ mongodb: await healthOf(connection, isStrict) }),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function healthOf(connection: MongoConnection, isStrict: boolean): Promise<PartHealth> {
  const findings = await checkMongo(connection);
  if (findings.length === 0) return { status: "ok" };
  const isUnavailable = findings.some(({ severity }) => isStrict || severity === "unusable");
  const detail = findings.map(({ advice }) => advice).join(" ");
  return { status: isUnavailable ? "unavailable" : "ok", detail };
}
