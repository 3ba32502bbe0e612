import mongoose from "mongoose";

const progressSchema = new mongoose.Schema(
  {
    userId: { type: String, required: true },
    courseId: { type: String, required: true },
    watchTimes: { type: Map, of: Number, default: {} },
    lastWatchedLecture: String,
  },
  { timestamps: true },
);
progressSchema.index({ userId: 1, courseId: 1 }, { unique: true });

export const Progress = mongoose.model("Progress", progressSchema);

/** What one save means for the document. */
export function positionUpdate(watchTimes, lastWatchedLecture) {
  const positions = Object.entries(watchTimes).map(([lectureId, seconds]) => [`watchTimes.${lectureId}`, seconds]);
  return { $set: { ...Object.fromEntries(positions), lastWatchedLecture } };
}
