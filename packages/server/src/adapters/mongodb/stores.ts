import type { PartHealth, Stores } from "../../ports/stores.ts";
import { MongoAchievementStore } from "./achievements.ts";
import { MongoActivityStore } from "./activity.ts";
import { MongoCatalog } from "./catalog.ts";
import { checkMongo } from "./checks.ts";
import { MongoConnection } from "./connection.ts";
import { MongoDeliveryStore } from "./deliveries.ts";
import { MongoDisabledWebhooks } from "./disabled-webhooks.ts";
import { MongoEventLog } from "./events.ts";
import { MongoProgressStore } from "./store.ts";
import { MongoStudentStore } from "./students.ts";

/** Every port that Redis is not asked for, over one database. */
export type MongoStores = Omit<Stores, "buffer" | "cache" | "leases" | "sinks">;

/** A probe wants an answer sooner than MongoDB may take to say that it is away. */
const patienceMs = 900;

/**
 * Answers at once, whether MongoDB can be reached or not: `health` tells.
 * @param options.isStrict unsafe settings make the store unavailable; else they are only told
 * @throws ConnectionUrlError
 */
export function openMongoStores(url: string, { isStrict }: { isStrict: boolean }): MongoStores {
  const connection = MongoConnection.open(url);
  const health = new MongoHealth(connection, isStrict);
  return {
    store: new MongoProgressStore(connection),
    catalog: new MongoCatalog(connection),
    activities: new MongoActivityStore(connection),
    achievements: new MongoAchievementStore(connection),
    students: new MongoStudentStore(connection),
    log: new MongoEventLog(connection),
    deliveries: new MongoDeliveryStore(connection),
    disabledWebhooks: new MongoDisabledWebhooks(connection),
    health: async () => ({ mongodb: await health.look() }),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/**
 * Whether MongoDB is there and fit for use, within a second: a look that takes longer goes on, and until it ends the one
 * before tells what is wrong.
 */
class MongoHealth {
  readonly #connection: MongoConnection;
  readonly #isStrict: boolean;
  #look: Promise<PartHealth> | undefined;
  #last: PartHealth = { status: "unavailable" };

  constructor(connection: MongoConnection, isStrict: boolean) {
    this.#connection = connection;
    this.#isStrict = isStrict;
  }

  async look(): Promise<PartHealth> {
    this.#look ??= healthOf(this.#connection, this.#isStrict).then((health) => {
      this.#look = undefined;
      this.#last = health;
      return health;
    });
    const patience = Promise.withResolvers<null>();
    const timer = setTimeout(() => patience.resolve(null), patienceMs);
    const health = await Promise.race([this.#look, patience.promise]);
    clearTimeout(timer);
    return health ?? this.#whileWaiting();
  }

  #whileWaiting(): PartHealth {
    const known = this.#last.status === "unavailable" ? this.#last.detail : undefined;
    const detail = known ?? "MongoDB does not answer: check that it runs and that MONGODB_URL names it.";
    return { status: "unavailable", detail };
  }
}

async function healthOf(connection: MongoConnection, isStrict: boolean): Promise<PartHealth> {
  const findings = await checkMongo(connection);
  if (findings.length === 0) return { status: "ok" };
  const isUnavailable = findings.some(({ severity }) => isStrict || severity === "unusable");
  const detail = findings.map(({ advice }) => advice).join(" ");
  return { status: isUnavailable ? "unavailable" : "ok", detail };
}
