import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { CourseId, LectureId, UserId } from "../../src/domain/ids.ts";
import type { PositionSave } from "../../src/ports/position-buffer.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { RedisServer } from "../support/redis-server.ts";
import { say, showProgress, showTable } from "./table.ts";

const batch = 1_000;

/** Fills Redis with dirty keys of one lecture, then of ten, and looks at what they take. */
export async function measureMemory(keys: number): Promise<void> {
  say(`Filling Redis with ${keys} dirty keys ...\n`);
  await using server = await RedisServer.start({ settings: { appendonly: "no" } });
  await using redis = await RedisFixture.connect(server);
  const client = server.client();
  const empty = await usedBytes(client);
  const rows: string[][] = [["dirty keys", "used_memory", "for each key"]];
  for (const lectures of [1, 10]) {
    await redis.connection.general.flushall();
    for (let done = 0; done < keys; done += batch) {
      const savers = Array.from({ length: Math.min(batch, keys - done) }, () => randomUUID() as UserId);
      for (let lecture = 0; lecture < lectures; lecture++) {
        const saves = savers.map((userId) => saveOf(userId, lecture));
        // A loaded machine may take more than a save is given.
        while ((await redis.buffer.save(saves).catch(() => null)) === null);
      }
      showProgress(`${done + batch} of ${keys}`);
    }
    const used = (await usedBytes(client)) - empty;
    const each = `${Math.round(used / keys)} bytes`;
    rows.push([`${keys} of ${lectures} lecture(s)`, `${(used / 1024 ** 2).toFixed(1)} MiB`, each]);
  }
  client.disconnect();
  showTable("Memory of Redis (user ids of 36 characters, course ids of 24, lecture ids of 10)", rows);
}

function saveOf(userId: UserId, lecture: number): PositionSave {
  const key = { userId, courseId: "65a1b2c3d4e5f60718293a4b" as CourseId };
  return { key, lectureId: `lecture-${String(lecture).padStart(2, "0")}` as LectureId, seconds: 1234.567 };
}

async function usedBytes(client: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]);
}
