// The textbook write-behind: a hash for each student and course, a set of those that changed, and a job that carries
// them to MongoDB every few minutes.
import express from "express";
import { Redis } from "ioredis";
import mongoose from "mongoose";
import { authenticate, validateSave } from "./auth.mjs";
import { positionUpdate, Progress } from "./progress-model.mjs";

const dirtyKeys = "progress:dirty";
const ttlSeconds = 24 * 60 * 60;
const batchSize = 500;

const redis = new Redis(process.env.REDIS_URL);
await mongoose.connect(process.env.MONGODB_URL);
await Progress.init();

const app = express();
app.use(express.json());
app.use("/api/v1", authenticate);

app.post("/api/v1/progress/save", validateSave, async (req, res) => {
  const { courseId, lectureId, watchTime } = req.body;
  const key = `progress:${req.userId}:${courseId}`;
  await redis
    .pipeline()
    .hset(key, { [lectureId]: watchTime, lastWatchedLecture: lectureId })
    .expire(key, ttlSeconds)
    .sadd(dirtyKeys, key)
    .exec();
  res.json({ message: "synced" });
});

app.get("/api/v1/progress/:courseId", async (req, res) => {
  const { courseId } = req.params;
  const cached = await redis.hgetall(`progress:${req.userId}:${courseId}`);
  if (Object.keys(cached).length > 0) {
    res.json(positionsOf(cached));
    return;
  }
  const progress = await Progress.findOne({ userId: req.userId, courseId }).lean();
  res.json({
    watchTimes: progress?.watchTimes ?? {},
    lastWatchedLecture: progress?.lastWatchedLecture ?? null,
  });
});

async function flush() {
  const keys = await redis.smembers(dirtyKeys);
  for (let start = 0; start < keys.length; start += batchSize) {
    await flushBatch(keys.slice(start, start + batchSize));
  }
}

async function flushBatch(keys) {
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.hgetall(key);
  const hashes = (await pipeline.exec()).map(([, hash]) => hash);
  const writes = keys.map((key, index) => {
    const [, userId, courseId] = key.split(":");
    const { watchTimes, lastWatchedLecture } = positionsOf(hashes[index]);
    return {
      updateOne: {
        filter: { userId, courseId },
        update: positionUpdate(watchTimes, lastWatchedLecture),
        upsert: true,
      },
    };
  });
  await Progress.bulkWrite(writes, { ordered: false });
  await redis.srem(dirtyKeys, ...keys);
}

function positionsOf({ lastWatchedLecture = null, ...positions }) {
  const watchTimes = Object.entries(positions).map(([lectureId, seconds]) => [lectureId, Number(seconds)]);
  return { watchTimes: Object.fromEntries(watchTimes), lastWatchedLecture };
}

setInterval(
  () => flush().catch(({ message }) => console.error("flush failed:", message)),
  Number(process.env.FLUSH_INTERVAL_MS),
);

const server = app.listen(0, "127.0.0.1", () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
server.keepAliveTimeout = 60_000;
