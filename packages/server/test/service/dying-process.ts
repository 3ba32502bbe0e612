/**
 * A process that does one student's work and kills itself right after a call of a store: `part.method`, or for a later
 * call `part.method#2`. Nothing gets a chance to clean up. Arguments: data file, student, call, file of
 * achievements.
 */
import { readAchievements } from "../../src/achievements-file.ts";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { createCore } from "../../src/core.ts";
import type { CourseId, LectureId, UserId } from "../../src/domain/ids.ts";
import { createTelemetry } from "../../src/observability/events.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { Metrics } from "../../src/observability/metrics.ts";
import type { Stores } from "../../src/ports/stores.ts";

type Methods = Record<string, (...values: unknown[]) => Promise<unknown>>;

const [file = "", userId = "", call = "", achievementsFile] = process.argv.slice(2);
const options = {
  clock: systemClock,
  flushIntervalMs: 60_000,
  defaultTimeZone: "UTC",
  streakCounts: "completion",
  achievements: readAchievements(achievementsFile),
} as const;
const stores = openEmbeddedStores(file, options);
dieAfter(stores, call);

const telemetry = createTelemetry(createLogger("silent"), new Metrics(() => stores.buffer.stats(), systemClock));
const { saver, completions, flusher } = createCore(stores, { ...options, telemetry });
const key = { userId: userId as UserId, courseId: "short" as CourseId };
const lectureId = "l-0" as LectureId;
await saver.save({ key, lectureId, seconds: 12.345 });
if (call.startsWith("buffer.") || call === "store.join") await flusher.flushOnce({ all: true });
else await completions.complete({ userId: key.userId, zone: null }, key, lectureId);
throw new Error(`still alive after ${call}`);

function dieAfter(everything: Stores, named: string): void {
  const [partName = "", method = "", time = "1"] = named.split(/[.#]/);
  const part = everything[partName as keyof Stores] as unknown as Methods;
  const original = part[method]!;
  let calls = 0;
  part[method] = async (...values) => {
    const answer = await original.apply(part, values);
    calls++;
    if (calls === Number(time)) process.kill(process.pid, "SIGKILL");
    return answer;
  };
}
