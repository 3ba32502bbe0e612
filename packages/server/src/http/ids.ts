import { Type } from "typebox";
import { CourseId as CourseIdText, LectureId as LectureIdText } from "@aetherlearn/protocol/schema";
import { type CourseId, type LectureId, parseCourseId, parseLectureId, type ProgressKey } from "../domain/ids.ts";
import type { Caller } from "./token-verifier.ts";
import { invalidRequest } from "./validation.ts";

export const CourseParams: Type.TObject<{ courseId: typeof CourseIdText }> = Type.Object({ courseId: CourseIdText });

export const LectureParams: Type.TObject<{ courseId: typeof CourseIdText; lectureId: typeof LectureIdText }> =
  Type.Object({ courseId: CourseIdText, lectureId: LectureIdText });

/** Ids come out of a request in their one spelling, whatever the schema has let through. */
export function courseIdOf({ courseId }: { courseId: string }): CourseId {
  return parseCourseId(courseId) ?? illegal("courseId");
}

export function lectureIdOf({ lectureId }: { lectureId: string }): LectureId {
  return parseLectureId(lectureId) ?? illegal("lectureId");
}

export function keyOf({ userId }: Caller, request: { courseId: string }): ProgressKey {
  return { userId, courseId: courseIdOf(request) };
}

function illegal(field: string): never {
  throw invalidRequest([{ field, message: "must be 1 to 64 letters, digits, _ and -" }]);
}
