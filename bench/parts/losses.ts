import { setTimeout as delay } from "node:timers/promises";
import { issueToken } from "../../packages/server/src/demo/token.ts";
import { ApiClient } from "../../packages/server/test/replay/api-client.ts";
import { jwtSecret } from "../../packages/server/test/support/process.ts";
import { Subject, subjectNames } from "../programs/subject.ts";
import { number } from "../report/format.ts";
import type { Part, Run, Table } from "./part.ts";

/** Of one fault that happened to one service. */
export interface Loss {
  readonly name: string;
  readonly fault: string;
  readonly acknowledged: number;
  /** Answered with a failure, or not at all: the player knows, and sends again. */
  readonly refused: number;
  /** Acknowledged, and not in MongoDB when everything that was going to be flushed had been. */
  readonly lost: number;
}

interface Save {
  readonly student: string;
  readonly watchTime: number;
  readonly isAcknowledged: boolean;
}

const flushIntervalMs = 2_000;
/** Of the baselines' driver: a day must not take a day. */
const writePatienceMs = 1_500;
const answerTimeoutMs = 5_000;
/** Time enough for a service that has waited longer and longer for MongoDB to try again, on a slow machine. */
const settleMs = 120_000;
const [early, late] = [100, 200];

/** What was acknowledged and is not there when it is looked for. */
export const losses: Part<Loss[]> = {
  name: "losses",
  about:
    "acknowledged saves that are not found afterwards: a save during a flush, a killed process, a day without MongoDB",

  async measure({ isQuick, show }: Run): Promise<Loss[]> {
    const count = isQuick ? 200 : 1_000;
    const found: Loss[] = [];
    for (const name of subjectNames) {
      show(`starting ${name}`);
      await using subject = await Subject.start(name, { flushIntervalMs, writePatienceMs });
      for (const [fault, happens] of faults) {
        show(`${name}: ${fault}`);
        const students = Array.from({ length: count }, (_, index) => `${happens.name}-${index}`);
        const saves = await happens(subject, students);
        found.push({ name, fault, ...(await judge(subject, saves)) });
      }
    }
    return found;
  },

  tables(found): Table[] {
    return [
      {
        heading: "Acknowledged saves that MongoDB never got, one save of each student looked for",
        columns: ["fault", "service", "acknowledged", "refused", "lost"],
        rows: found.map(({ name, fault, acknowledged, refused, lost }) => [
          fault,
          name,
          ...[acknowledged, refused, lost].map((value) => number(value, 0)),
        ]),
      },
    ];
  },
};

const faults: readonly [name: string, happens: (subject: Subject, students: readonly string[]) => Promise<Save[]>][] = [
  ["saves while flushes are under way", saveDuringFlushes],
  ["kill -9 of the process while it saves and flushes", killed],
  ["MongoDB away for a day", dayWithoutMongodb],
];

/** Each student saves twice within an interval; the second save is the one looked for. */
async function saveDuringFlushes({ url }: Subject, students: readonly string[]): Promise<Save[]> {
  using client = new ApiClient(url, { connections: 64 });
  return await Promise.all(
    students.map(async (student) => {
      await delay(Math.random() * 3 * flushIntervalMs);
      await save(client, student, early);
      await delay(Math.random() * flushIntervalMs);
      return save(client, student, late);
    }),
  );
}

async function killed(subject: Subject, students: readonly string[]): Promise<Save[]> {
  using client = new ApiClient(subject.url, { connections: 64 });
  const saving = Promise.all(
    students.map(async (student) => {
      await delay(Math.random() * 4 * flushIntervalMs);
      return save(client, student, late);
    }),
  );
  // The first positions are in MongoDB: flushing is under way.
  const giveUpAt = performance.now() + 6 * flushIntervalMs;
  while ((await subject.stored(students)).size === 0 && performance.now() < giveUpAt) await delay(20);
  await subject.killAndRestart();
  return await saving;
}

/** As long a day as it takes for every attempt to write that began before it to have failed, and for all that began in it. */
async function dayWithoutMongodb(subject: Subject, students: readonly string[]): Promise<Save[]> {
  using client = new ApiClient(subject.url, { connections: 64 });
  await subject.stores.mongodb.kill();
  const saves = await Promise.all(students.map((student) => save(client, student, late)));
  await delay(2 * writePatienceMs);
  await subject.letADayPass();
  await delay(2 * writePatienceMs);
  await subject.stores.mongodb.restart();
  return saves;
}

async function save(client: ApiClient, student: string, watchTime: number): Promise<Save> {
  const { token } = await issueToken(jwtSecret, { sub: student });
  const body = { courseId: "course-0", lectureId: "l-0", watchTime };
  const status = client.ask(token, "POST", "/progress/save", body).then(
    (answer) => answer.status,
    () => 0,
  );
  const answered = await Promise.race([status, delay(answerTimeoutMs, 0, { ref: false })]);
  return { student, watchTime, isAcknowledged: answered === 200 };
}

/**
 * Looks until everything is there, or nothing waits to be flushed any more and never will.
 * @throws Error when something still waits after so long: then there is nothing to tell yet
 */
async function judge(subject: Subject, saves: readonly Save[]): Promise<Omit<Loss, "name" | "fault">> {
  const acknowledged = saves.filter(({ isAcknowledged }) => isAcknowledged);
  const giveUpAt = performance.now() + settleMs;
  for (;;) {
    const isSettled = (await subject.dirtyKeys()) === 0;
    // What has just left the buffer is about to be in MongoDB, if it ever will.
    if (isSettled) await delay(flushIntervalMs);
    const stored = await subject.stored(acknowledged.map(({ student }) => student));
    const lost = acknowledged.filter(({ student, watchTime }) => stored.get(student) !== watchTime).length;
    if (lost === 0 || isSettled) {
      return { acknowledged: acknowledged.length, refused: saves.length - acknowledged.length, lost };
    }
    if (performance.now() > giveUpAt) throw new Error(`${subject.name} still has not flushed everything.`);
    await delay(250);
  }
}
