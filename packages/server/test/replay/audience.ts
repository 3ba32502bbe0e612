import { courseIdOf } from "./viewer.ts";
import type { WatchSession } from "./real-data.ts";

/** The body of an import that makes every course and video of these sessions known. */
export function catalogOf(sessions: readonly WatchSession[]): object {
  const courses = Map.groupBy(sessions, courseIdOf);
  return {
    courses: [...courses].map(([courseId, own]) => ({
      courseId,
      title: `Real course ${courseId}`,
      lectures: [...Map.groupBy(own, ({ video }) => video)].map(([lectureId, ofVideo]) => ({
        lectureId,
        title: `Video ${lectureId}`,
        // The same video is published with two lengths; every position lies within the longer one.
        durationSeconds: Math.max(...ofVideo.map(({ length }) => length)),
      })),
    })),
  };
}

/** The sessions of each student, for as many students as it takes to have so many sessions. */
export function studentsWith(sessions: readonly WatchSession[], atLeast: number): WatchSession[][] {
  const students: WatchSession[][] = [];
  let count = 0;
  for (const own of Map.groupBy(sessions, ({ actor }) => actor).values()) {
    if (count >= atLeast) break;
    students.push(own);
    count += own.length;
  }
  return students;
}

/** Runs the task for every item, at most so many at a time; ends with the first failure. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  limit: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  // Shared by all: each takes the next item when it is done with one.
  const queue = items[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await task(next.value);
  };
  await Promise.all(Array.from({ length: limit }, work));
}
