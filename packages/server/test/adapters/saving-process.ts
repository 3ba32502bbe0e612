/**
 * A process that saves without end and flushes now and then; tests kill it at any moment. Each line on its output is one
 * save that was acknowledged: `<student> <lecture> <stamp>`. No lecture is saved twice: a later save would hide a loss.
 */
import { writeSync } from "node:fs";
import { EmbeddedPositionBuffer } from "../../src/adapters/embedded/buffer.ts";
import { EmbeddedDatabase } from "../../src/adapters/embedded/database.ts";
import { EmbeddedProgressStore } from "../../src/adapters/embedded/store.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { course, lecture, someUser } from "../support/ids.ts";

const file = process.argv[2] ?? "";
const database = EmbeddedDatabase.open(file);
const buffer = new EmbeddedPositionBuffer(database, { clock: systemClock, flushIntervalMs: 20 });
const store = new EmbeddedProgressStore(database);
const students = Array.from({ length: 20 }, () => someUser());

async function flush(): Promise<void> {
  const claims = await buffer.claim(10, 50);
  const outcomes = await store.join(claims);
  await buffer.acknowledge(claims.filter((_, index) => outcomes[index]?.status === "written"));
}

for (let round = 0; ; round++) {
  const lectureId = lecture(`l${round}`);
  const outcomes = await buffer.save(
    students.map((userId) => ({ key: { userId, courseId: course("algebra") }, lectureId, seconds: round })),
  );
  const lines = outcomes.map((outcome, index) => {
    if (outcome.status !== "stored") throw new Error(`A save was ${outcome.status}.`);
    return `${students[index]} ${lectureId} ${outcome.stamp}\n`;
  });
  writeSync(1, lines.join(""));
  if (round % 3 === 0) await flush();
}
