import { randomUUID } from "node:crypto";
import { after, before } from "node:test";
import type { CommandStartedEvent } from "mongodb";
import { MongoAchievementStore } from "../../src/adapters/mongodb/achievements.ts";
import { MongoActivityStore } from "../../src/adapters/mongodb/activity.ts";
import { MongoCatalog } from "../../src/adapters/mongodb/catalog.ts";
import { MongoConnection } from "../../src/adapters/mongodb/connection.ts";
import type { Collections } from "../../src/adapters/mongodb/documents.ts";
import { MongoDeliveryStore } from "../../src/adapters/mongodb/deliveries.ts";
import { MongoDisabledWebhooks } from "../../src/adapters/mongodb/disabled-webhooks.ts";
import { MongoEventLog } from "../../src/adapters/mongodb/events.ts";
import { MongoProgressStore } from "../../src/adapters/mongodb/store.ts";
import { MongoStudentStore } from "../../src/adapters/mongodb/students.ts";
import type { Day } from "../../src/domain/activity-day.ts";
import { type LectureCompleted, lectureCompleted } from "../../src/domain/event.ts";
import type { LectureId, ProgressKey } from "../../src/domain/ids.ts";
import type { Position } from "../../src/domain/position.ts";
import type { PositionWrite, WriteOutcome } from "../../src/ports/progress-store.ts";
import { lecture, someUser, stampAt } from "./ids.ts";
import { MongodbServer } from "./mongodb-server.ts";

/** Every MongoDB adapter over a database of its own, gone afterwards. */
export class MongodbFixture implements AsyncDisposable {
  readonly database: string;
  readonly connection: MongoConnection;
  readonly store: MongoProgressStore;
  readonly catalog: MongoCatalog;
  readonly activities: MongoActivityStore;
  readonly students: MongoStudentStore;
  readonly achievements: MongoAchievementStore;
  readonly log: MongoEventLog;
  readonly deliveries: MongoDeliveryStore;
  readonly disabledWebhooks: MongoDisabledWebhooks;
  /** While somebody listens: kept for ever they would fill the memory of a long measurement. */
  #commands: CommandStartedEvent[] | undefined;

  private constructor(database: string, url: string) {
    this.database = database;
    this.connection = MongoConnection.open(url);
    this.store = new MongoProgressStore(this.connection);
    this.catalog = new MongoCatalog(this.connection);
    this.activities = new MongoActivityStore(this.connection);
    this.students = new MongoStudentStore(this.connection);
    this.achievements = new MongoAchievementStore(this.connection);
    this.log = new MongoEventLog(this.connection);
    this.deliveries = new MongoDeliveryStore(this.connection);
    this.disabledWebhooks = new MongoDisabledWebhooks(this.connection);
    this.connection.client.on("commandStarted", (event) => this.#commands?.push(event));
  }

  /** @param through another way to the server, such as a proxy */
  static async open(server: MongodbServer, through: { port: number } = server): Promise<MongodbFixture> {
    const database = `test_${randomUUID().replaceAll("-", "")}`;
    const fixture = new MongodbFixture(database, server.url(database).replace(`:${server.port}`, `:${through.port}`));
    await fixture.connection.ready();
    return fixture;
  }

  get collections(): Collections {
    return this.connection.collections;
  }

  /** As a flusher does: what is unknown, because the machine is busy, is written again. */
  async flush(writes: readonly PositionWrite[]): Promise<WriteOutcome["status"][]> {
    for (let tries = 1; ; tries++) {
      const statuses = (await this.store.join(writes)).map(({ status }) => status);
      if (!statuses.includes("unknown") || tries === 10) return statuses;
    }
  }

  /** The commands that the work sent. */
  async commandsOf(work: () => Promise<unknown>): Promise<string[]> {
    return (await this.sentBy(work)).map(({ commandName }) => commandName);
  }

  /** The commands that the work sent, as they were sent. */
  async sentBy(work: () => Promise<unknown>): Promise<CommandStartedEvent[]> {
    const commands: CommandStartedEvent[] = [];
    this.#commands = commands;
    await work();
    this.#commands = undefined;
    return commands;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Dropping is a courtesy: a test may have ended the server.
    await this.connection.client
      .db()
      .dropDatabase()
      .catch(() => undefined);
    await this.connection[Symbol.asyncDispose]();
  }
}

/** One server and one database for the tests of a file, which use students and courses that nobody else has. */
export function sharedMongodb(): { readonly server: MongodbServer; readonly fixture: MongodbFixture } {
  const stack = new AsyncDisposableStack();
  const shared = {} as { server: MongodbServer; fixture: MongodbFixture };
  before(async () => {
    shared.server = stack.use(await MongodbServer.start());
    shared.fixture = stack.use(await MongodbFixture.open(shared.server));
  });
  after(() => stack.disposeAsync());
  return shared;
}

export function someKey(courseId = "algebra"): ProgressKey {
  return { userId: someUser(), courseId: courseId as ProgressKey["courseId"] };
}

/** A flush of these seconds, saved in this order. */
export function writeOf(key: ProgressKey, seconds: Record<string, number>, t = 1_000): PositionWrite {
  const positions = new Map<LectureId, Position>();
  for (const [index, [id, value]] of Object.entries(seconds).entries()) {
    positions.set(lecture(id), { stamp: stampAt(t, index), seconds: value });
  }
  return { key, positions, reset: null };
}

export function completion(
  key: ProgressKey,
  lectureId: string,
  occurredAt: number = Date.UTC(2026, 0, 15),
): LectureCompleted {
  const moment = { occurredAt, day: "2026-01-15" as Day, zone: "Europe/Berlin" };
  return lectureCompleted(key, moment, lecture(lectureId), 1);
}
