import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { flushPolicy } from "../../src/flush/flush-policy.ts";
import { Flusher } from "../../src/flush/flusher.ts";
import { silent } from "../properties/workbench.ts";
import { MongodbFixture } from "../support/mongodb-fixture.ts";
import { MongodbServer } from "../support/mongodb-server.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { RedisServer } from "../support/redis-server.ts";
import { stockBuffer } from "../support/stocked-buffer.ts";

/** The heap that is in use when this share of the keys is drained. */
interface HeapAt {
  readonly share: number;
  readonly bytes: number;
}

interface Drained {
  readonly written: number;
  readonly left: number;
  /** Documents found in MongoDB afterwards. */
  readonly stored: number;
  readonly seconds: number;
  readonly heaps: readonly HeapAt[];
}

interface DrainOptions {
  readonly keys: number;
  /** A name of its own for the students of this run. */
  readonly run: string;
  readonly tell: (progress: string) => void;
}

const looks = 10;
const mostPasses = 100;
const interval = 3_600_000;

/** Fills Redis with so many dirty keys, and drains them with the real flusher. */
export async function drainKeys({ keys, run, tell }: DrainOptions): Promise<Drained> {
  await using server = await RedisServer.start({ settings: { appendonly: "no" } });
  await using redis = await RedisFixture.connect(server, { flushIntervalMs: interval });
  await using mongod = await MongodbServer.start();
  await using mongodb = await MongodbFixture.open(mongod);
  await stockBuffer(redis.buffer, { run, keys, tell: (done) => tell(`${done} of ${keys} saved`) });
  const heaps: HeapAt[] = [];
  const flusher = new Flusher({
    buffer: redis.buffer,
    store: mongodb.store,
    clock: systemClock,
    telemetry: silent,
    policy: flushPolicy(interval),
  });
  const startedAt = performance.now();
  let written = 0;
  let left = keys;
  // A drain gives up when a pass writes nothing; a loaded machine may take longer than a store is given, so it goes on.
  for (let passes = 0; left > 0 && passes < mostPasses; passes++) {
    const before = written;
    const drained = await flusher.drain((count) => {
      tell(`${before + count} of ${keys} drained`);
      while (heaps.length <= looks && before + count >= (heaps.length / looks) * keys) {
        heaps.push({ share: (heaps.length * 100) / looks, bytes: heapInUse() });
      }
    });
    written += drained.written;
    ({ left } = drained);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const stored = await mongodb.collections.progress.estimatedDocumentCount();
  return { written, left, stored, seconds, heaps };
}

/** What is left after a collection: without one, the figure would be garbage. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
