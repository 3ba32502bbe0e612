import { type Db, MongoClient, MongoError } from "mongodb";
import { ProgressError } from "../../domain/errors.ts";
import { type Collections, collectionsOf } from "./documents.ts";
import { isOutage, unavailable } from "./failures.ts";
import { watchHeartbeats } from "./heartbeats.ts";
import { createIndexes } from "./indexes.ts";

const timeoutMs = 5_000;
const heartbeatMs = 10_000;

/** To find a server, to get a connection, to be answered, each within its timeout; what takes longer is never answered. */
const longestMs = 3 * timeoutMs + 2_000;

/**
 * What the product promises, whatever the URL asks for.
 *
 * A write is acknowledged when a majority has it in its journal; MongoDB gives up waiting for that before the socket does,
 * so that the answer says what is missing. Writes are not retried by the driver: that needs sessions, which a standalone
 * and some compatible services do not have, and it would hide from the flusher what is unknown. Every write here may be
 * repeated by its caller instead. Reads go to the primary, because a compare-and-set has to see what was just written.
 */
const promises = {
  retryWrites: false,
  readPreference: "primary",
  serverSelectionTimeoutMS: timeoutMs,
  connectTimeoutMS: timeoutMs,
  waitQueueTimeoutMS: timeoutMs,
  socketTimeoutMS: timeoutMs,
  heartbeatFrequencyMS: heartbeatMs,
  appName: "aetherlearn-progress",
} as const;

/** Given to the database, not to the client: there `j` and `wtimeout`, the old names that a URL may use, would win. */
const writeConcern = { w: "majority", journal: true, wtimeoutMS: 4_000 } as const;

/** The connection string cannot be used. The message says what to do and shows no password. */
export class ConnectionUrlError extends Error {
  override readonly name = "ConnectionUrlError";
}

/**
 * The way to one database, shared by all adapters.
 *
 * Opening it does nothing yet: the first use connects and makes the indexes, and so does every further use until that has
 * worked once, because without its unique indexes an upsert is no compare-and-set. From then on the driver itself comes
 * back after every outage; when it waits for what cannot come, it is closed, and the next use begins anew. After disposal
 * nothing is reached any more.
 */
export class MongoConnection implements AsyncDisposable {
  readonly client: MongoClient;
  readonly database: Db;
  readonly collections: Collections;
  #ready: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  private constructor(client: MongoClient) {
    this.client = client;
    this.database = client.db(undefined, { writeConcern });
    this.collections = collectionsOf(this.database);
    const limits = { answerMs: timeoutMs, intervalMs: heartbeatMs };
    watchHeartbeats(client, limits, () => this.#beginAnew());
  }

  /** @throws ConnectionUrlError */
  static open(url: string): MongoConnection {
    if (!/^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(url)) {
      throw new ConnectionUrlError(
        "MONGODB_URL names no server and database: write it as mongodb://host:27017/progress.",
      );
    }
    try {
      return new MongoConnection(new MongoClient(url, promises));
    } catch (error) {
      const reason = error instanceof MongoError && !repeatsSecret(error, url) ? ` (${error.message})` : "";
      throw new ConnectionUrlError(
        `MONGODB_URL is not a connection string of MongoDB${reason}: write it as mongodb://user:password@host:27017/progress, ` +
          "with special characters percent-encoded and no unknown options.",
      );
    }
  }

  /** Resolves when the database has been reached and is fit for use. Rejects with the driver's own error. */
  ready(): Promise<void> {
    this.#ready ??= this.#prepare().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.inTime(this.#ready);
  }

  /** What the work comes to; rejects when the driver should have ended it long ago. */
  async inTime<T>(work: Promise<T>): Promise<T> {
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#beginAnew();
      reject(new MongoError(`MongoDB's driver has not answered for ${longestMs} ms.`));
    }, longestMs);
    return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
  }

  /** Runs the work on a database that is fit for use; rejects with `store_unavailable` when MongoDB fails. */
  async answer<T>(work: (collections: Collections) => Promise<T>): Promise<T> {
    try {
      await this.ready();
    } catch (error) {
      throw unavailable(error);
    }
    try {
      return await this.inTime(work(this.collections));
    } catch (error) {
      throw isOutage(error) ? unavailable(error) : error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#ready = undefined;
    await this.client.close();
  }

  /** Ends whatever is under way: it would not end by itself. */
  #beginAnew(): void {
    if (this.#isClosed || this.#closing !== undefined) return;
    this.#ready = undefined;
    const ended = (): void => void (this.#closing = undefined);
    this.#closing = this.client.close().then(ended, ended);
  }

  async #prepare(): Promise<void> {
    if (this.#isClosed) throw new ProgressError("store_unavailable", "The service is stopping: try again in a moment.");
    await this.#closing;
    // A client that has failed to connect stays closed until it is told to connect again.
    await this.client.connect();
    await createIndexes(this.database);
  }
}

/** What stands before the last @ is a secret, however it is split. */
function repeatsSecret({ message }: Error, url: string): boolean {
  const [, secrets = ""] = /\/\/(.*)@/.exec(url) ?? [];
  return secrets.split(/[:@/]/).some((secret) => secret !== "" && message.includes(secret));
}
