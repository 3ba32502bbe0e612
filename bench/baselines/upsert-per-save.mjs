// What a team writes first: Express, Mongoose, and an upsert for every heartbeat.
import express from "express";
import mongoose from "mongoose";
import { authenticate, validateSave } from "./auth.mjs";
import { positionUpdate, Progress } from "./progress-model.mjs";

await mongoose.connect(process.env.MONGODB_URL);
await Progress.init();

const app = express();
app.use(express.json());
app.use("/api/v1", authenticate);

app.post("/api/v1/progress/save", validateSave, async (req, res) => {
  const { courseId, lectureId, watchTime } = req.body;
  await Progress.updateOne({ userId: req.userId, courseId }, positionUpdate({ [lectureId]: watchTime }, lectureId), {
    upsert: true,
  });
  res.json({ message: "synced" });
});

app.get("/api/v1/progress/:courseId", async (req, res) => {
  const progress = await Progress.findOne({ userId: req.userId, courseId: req.params.courseId }).lean();
  res.json({
    watchTimes: progress?.watchTimes ?? {},
    lastWatchedLecture: progress?.lastWatchedLecture ?? null,
  });
});

const server = app.listen(0, "127.0.0.1", () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
server.keepAliveTimeout = 60_000;
