import { inParallel } from "./audience.ts";
import type { PatientClient } from "./patient-client.ts";
import { ProgressLine } from "./progress-line.ts";
import type { WatchSession } from "./real-data.ts";
import { heartbeatsOf, Viewer } from "./viewer.ts";

/** One student and what they are about to watch. */
export interface Seat {
  readonly token: string;
  readonly sessions: readonly WatchSession[];
}

export interface ReplayResult {
  readonly sent: number;
  readonly acknowledged: number;
  readonly verified: number;
  /** Positions that the service tells otherwise, in words. */
  readonly wrong: readonly string[];
  readonly seconds: number;
  /** Of every save, in milliseconds, shortest first. */
  readonly latencies: readonly number[];
}

const studentsAtATime = 16;

/** Lets every student watch, shows how it goes, and asks after each session whether the service knows where it ended. */
export async function replay(client: PatientClient, seats: readonly Seat[], pauseMs: number): Promise<ReplayResult> {
  const startedAt = performance.now();
  const latencies: number[] = [];
  const wrong: string[] = [];
  let verified = 0;
  const sent = seats.flatMap(({ sessions }) => sessions.map(saveCount)).reduce((sum, count) => sum + count, 0);
  {
    using line = new ProgressLine(sent);
    const onSaved = (_answer: unknown, latencyMs: number): void => {
      latencies.push(latencyMs);
      line.advance();
    };
    await inParallel(seats.entries(), studentsAtATime, async ([index, { token, sessions }]) => {
      const order = index % 2 === 0 ? "session" : "arrival";
      const viewer = new Viewer({ client, token, order, pauseMs, onSaved });
      for (const session of sessions) {
        await viewer.watch(session);
        const differences = await differencesOf(viewer);
        wrong.push(...differences);
        if (differences.length === 0) verified++;
      }
    });
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    sent,
    acknowledged: latencies.length,
    verified,
    wrong,
    seconds,
    latencies: latencies.toSorted((a, b) => a - b),
  };
}

/** Only what was watched now: the student may know more from an earlier replay. */
async function differencesOf(viewer: Viewer): Promise<string[]> {
  const differences: string[] = [];
  for (const [courseId, expected] of viewer.expected) {
    const { watchTimes, lastWatchedLecture } = await viewer.positionsIn(courseId);
    for (const [lectureId, seconds] of Object.entries(expected.watchTimes)) {
      const told = watchTimes[lectureId];
      if (told !== seconds) differences.push(`${courseId}/${lectureId} is at ${told}, left at ${seconds}`);
    }
    if (lastWatchedLecture !== expected.lastWatchedLecture) {
      differences.push(`last in ${courseId} is ${lastWatchedLecture}, was ${expected.lastWatchedLecture}`);
    }
  }
  return differences;
}

function saveCount(session: WatchSession): number {
  return [...heartbeatsOf(session)].length;
}
