import { setTimeout as delay } from "node:timers/promises";
import { counted } from "../../src/ops/counted.ts";
import { Client, isUnknown } from "../support/process-client.ts";
import { Production } from "../support/production.ts";
import { catalogOf, studentsWith } from "../replay/audience.ts";
import { readWatchSessions, type WatchSession } from "../replay/real-data.ts";
import { courseIdOf, heartbeatsOf } from "../replay/viewer.ts";
import { say, showProgress, showTable } from "./table.ts";

interface ReplayOptions {
  readonly students: number;
  readonly intervalMs: number;
  readonly seconds: number;
}

/** One save, as recorded: seconds after the student began, and whose and of which course it is. */
interface Recorded {
  readonly at: number;
  readonly key: string;
}

const heartbeatS = 5;
const usualIntervalS = 300;

/** Lets students watch recorded sessions at their own pace, and counts what reaches MongoDB. */
export async function measureReplay({ students, intervalMs, seconds }: ReplayOptions): Promise<void> {
  const sessions = readWatchSessions();
  const recorded = studentsWith(sessions, Number.MAX_SAFE_INTEGER);
  const seats = Array.from({ length: students }, (_, index) => recorded[index % recorded.length] ?? []);
  say(`Starting Redis, MongoDB and a service; ${students} students then watch for ${seconds} s ...\n`);
  await using production = await Production.start({ settings: { FLUSH_INTERVAL_MS: String(intervalMs) } });
  const proxies = await production.proxies();
  const service = await production.readyService({}, proxies);
  const { courses } = catalogOf(sessions) as { courses: object[] };
  await production.teach(service, ...courses);

  const giveUpAt = performance.now() + seconds * 1000;
  const saves: Recorded[] = [];
  let resent = 0;
  const startedAt = performance.now();
  const watching = seats.map(async (own, index) => {
    const client = await Client.of(service.url, `student-${index}`);
    // Nobody begins at the same moment as everybody else.
    await delay(Math.random() * heartbeatS * 1000);
    for (const { courseId, lectureId, watchTime } of heartbeatsOfAll(own)) {
      if (performance.now() > giveUpAt) return;
      // As a player does: what was not acknowledged is sent again.
      while (!(await isSaved(client.save(courseId, lectureId, watchTime)))) resent++;
      saves.push({ at: (performance.now() - startedAt) / 1000, key: `${index}/${courseId}` });
      await delay(heartbeatS * 1000);
    }
  });
  const timer = setInterval(() => showProgress(counted(saves.length, "save")), 1_000);
  await Promise.all(watching).finally(() => clearInterval(timer));

  const operator = await Client.of(service.url, "operator");
  while ((await operator.metric("progress_dirty_keys")) > 0) await delay(100);
  const updates = await operator.metric("progress_flushed_keys_total");
  const commands = proxies.mongodbProxy.count(/^update progress: flush$/);
  const expected = updatesOf(saves, intervalMs / 1000);
  const whole = seats.flatMap(wholeTime);
  showTable(`Watching recorded sessions, a save every ${heartbeatS} s, interval ${intervalMs / 1000} s`, [
    ["saves acknowledged", `${saves.length}, ${resent} of them at a later try`],
    ["keys written to MongoDB", `${updates}, in ${commands} commands`],
    ["updates for each save", (updates / saves.length).toFixed(3)],
    ["the same by reckoning", (expected / saves.length).toFixed(3)],
    ...[intervalMs / 1000, usualIntervalS].map((intervalS) => [
      `all ${sessions.length} sessions to their end, ${intervalS} s, by reckoning`,
      `${(updatesOf(whole, intervalS) / whole.length).toFixed(3)} updates for each of ${whole.length} saves`,
    ]),
    [
      `one lecture without end, ${usualIntervalS} s`,
      `${(heartbeatS / usualIntervalS).toFixed(3)}, that is one for ${usualIntervalS / heartbeatS} saves`,
    ],
  ]);
}

async function isSaved(saving: Promise<void>): Promise<boolean> {
  try {
    await saving;
    return true;
  } catch (error) {
    if (!isUnknown(error)) throw error;
    return false;
  }
}

function* heartbeatsOfAll(sessions: readonly WatchSession[]) {
  for (const session of sessions) {
    const [courseId, lectureId] = [courseIdOf(session), session.video];
    for (const watchTime of heartbeatsOf(session)) yield { courseId, lectureId, watchTime };
  }
}

/** A student's sessions one after the other, all the way. */
function wholeTime(own: readonly WatchSession[], index: number): Recorded[] {
  return [...heartbeatsOfAll(own)].map(({ courseId }, step) => ({
    at: step * heartbeatS,
    key: `${index}/${courseId}`,
  }));
}

/** One update when a key is due and the flusher looks; what is saved after that makes it dirty again. */
function updatesOf(saves: readonly Recorded[], intervalS: number): number {
  const dueAt = new Map<string, number>();
  let updates = 0;
  for (const { at, key } of saves.toSorted((a, b) => a.at - b.at)) {
    const due = dueAt.get(key);
    if (due !== undefined && at <= due) continue;
    updates++;
    const lookS = Math.random() * Math.min(1, intervalS / 10);
    dueAt.set(key, at + intervalS * (0.9 + Math.random() * 0.2) + lookS);
  }
  return updates;
}
