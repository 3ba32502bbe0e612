import type { CourseId, LectureId, ProgressKey, UserId } from "../../src/domain/ids.ts";
import type { PositionBuffer } from "../../src/ports/position-buffer.ts";

const savesAtOnce = 1_000;

/** What {@link stockBuffer} saves: a position of the student with this number. */
export interface Stocked {
  readonly key: ProgressKey;
  readonly lectureId: LectureId;
  readonly seconds: number;
}

/** The save of the student with this number. @param run a name that other stocks do not have */
export function stockedSave(run: string, number: number): Stocked {
  return {
    key: { userId: `${run}-${number}` as UserId, courseId: "course" as CourseId },
    lectureId: "l-0" as LectureId,
    seconds: number % 3_600,
  };
}

/** Saves one position for each of so many students, and tells how many it has saved. */
export async function stockBuffer(
  buffer: PositionBuffer,
  { run, keys, tell }: { run: string; keys: number; tell?: (done: number) => void },
): Promise<void> {
  for (let done = 0; done < keys; done += savesAtOnce) {
    const count = Math.min(savesAtOnce, keys - done);
    let left = Array.from({ length: count }, (_, index) => stockedSave(run, done + index));
    while (left.length > 0) {
      // A loaded machine may take more than a save is given: then what is not known to be stored is saved again.
      const outcomes = await buffer.save(left).catch(() => []);
      left = left.filter((_, index) => outcomes[index]?.status !== "stored");
    }
    tell?.(done + count);
  }
}
