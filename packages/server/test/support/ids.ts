import { randomUUID } from "node:crypto";
import type { CourseId, LectureId, UserId } from "../../src/domain/ids.ts";
import { makeStamp, type Stamp } from "../../src/domain/stamp.ts";

export const aDay: number = 24 * 60 * 60 * 1000;

/** A student nobody else has, so that tests may share a server. */
export function someUser(name = "student"): UserId {
  return `${name}-${randomUUID()}` as UserId;
}

/** A course nobody else has. */
export function someCourse(name = "course"): CourseId {
  return `${name}-${randomUUID()}` as CourseId;
}

export function user(id: string): UserId {
  return id as UserId;
}

export function course(id: string): CourseId {
  return id as CourseId;
}

export function lecture(id: string): LectureId {
  return id as LectureId;
}

/** A stamp of a session: `t` in milliseconds, `seq`, and the session by a number. */
export function stampAt(t: number, seq = 0, session = 1): Stamp {
  return makeStamp(t, seq, session.toString(16).padStart(16, "0"));
}
