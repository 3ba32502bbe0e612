import type { Document } from "mongodb";
import type { CourseId, UserId } from "../../domain/ids.ts";
import type { Stamp } from "../../domain/stamp.ts";
import type { CourseProgress } from "../../ports/progress-store.ts";
import { allAtOnce, type Collections, type StoredId, toCourseId, toStoredId } from "./documents.ts";

interface Row {
  readonly courseId: StoredId;
  readonly completed: number;
  readonly total: number;
  readonly last?: Stamp;
  readonly reset?: Stamp;
}

/** Two queries side by side, whatever the number of courses; the counting is done where the documents are. */
export async function readCourseProgress(
  { progress, courses }: Collections,
  userId: UserId,
  started: readonly CourseId[],
): Promise<CourseProgress[]> {
  const [stored, listed] = await Promise.all([
    progress.aggregate<Row>(countCompleted(userId), allAtOnce).toArray(),
    started.length === 0
      ? []
      : courses
          .find({ _id: { $in: started.map(toStoredId) } }, { projection: { totalLectures: 1 }, ...allAtOnce })
          .toArray(),
  ]);
  const rows = new Map<CourseId, CourseProgress>();
  for (const { _id, totalLectures } of listed) add(rows, { courseId: _id, completed: 0, total: totalLectures });
  for (const row of stored) add(rows, row);
  return [...rows.values()].toSorted((a, b) => (a.courseId < b.courseId ? -1 : 1));
}

function add(rows: Map<CourseId, CourseProgress>, { courseId: storedId, completed, total, last, reset }: Row): void {
  const courseId = toCourseId(storedId);
  const lastWatched = last !== undefined && last > (reset ?? "") ? last : null;
  rows.set(courseId, { courseId, completed, total, lastWatched });
}

/** Completed lectures that still exist: what the fields of `completedAt` and of `lectures` have in common. */
function countCompleted(userId: UserId): Document[] {
  return [
    { $match: { userId } },
    // Before the lookup, so that no positions are carried through it.
    {
      $project: {
        _id: 0,
        courseId: 1,
        completed: fieldNames("$completedAt"),
        last: "$lastWatchedLecture.stamp",
        reset: "$resetStamp",
      },
    },
    { $lookup: { from: "courses", localField: "courseId", foreignField: "_id", as: "course" } },
    { $unwind: "$course" },
    {
      $project: {
        courseId: 1,
        last: 1,
        reset: 1,
        total: "$course.totalLectures",
        completed: { $size: { $setIntersection: ["$completed", fieldNames("$course.lectures")] } },
      },
    },
  ];
}

function fieldNames(path: string): Document {
  return { $map: { input: { $objectToArray: { $ifNull: [path, {}] } }, as: "field", in: "$$field.k" } };
}
