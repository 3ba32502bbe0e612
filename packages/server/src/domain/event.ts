import type { Day } from "./activity-day.ts";
import type { CourseId, LectureId, ProgressKey, UserId } from "./ids.ts";

/** When something happened, and which day that was for the student. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly occurredAt: number;
  /** The day in the student's zone at the moment of completing: late work counts for the right day. */
  readonly day: Day;
  readonly zone: string;
}

interface Fact extends Moment {
  /** Made of what it tells, so that telling it twice can be noticed. */
  readonly id: string;
  readonly userId: UserId;
}

export interface LectureCompleted extends Fact {
  readonly type: "lecture.completed";
  readonly courseId: CourseId;
  readonly lectureId: LectureId;
}

export interface CourseCompleted extends Fact {
  readonly type: "course.completed";
  readonly courseId: CourseId;
}

/** The student's current streak has become so long. */
export interface StreakReached extends Fact {
  readonly type: "streak.reached";
  /** Its length. */
  readonly days: number;
  /** Its first day. */
  readonly firstDay: Day;
}

export interface AchievementEarned extends Fact {
  readonly type: "achievement.earned";
  readonly achievementId: string;
  /** The id of the event that earned it; null when it was awarded afterwards. */
  readonly cause: string | null;
}

/** Something that happened to a student's progress in one course. */
export type ProgressEvent = LectureCompleted | CourseCompleted;

/** Something that happened to a student and that others follow. */
export type LearningEvent = ProgressEvent | StreakReached | AchievementEarned;

/** Every type there is. */
export const eventTypes: readonly LearningEvent["type"][] = [
  "lecture.completed",
  "course.completed",
  "streak.reached",
  "achievement.earned",
];

/** @param time how often this lecture has been completed, this time included */
export function lectureCompleted(
  { userId, courseId }: ProgressKey,
  { occurredAt, day, zone }: Moment,
  lectureId: LectureId,
  time: number,
): LectureCompleted {
  const id = ["lecture.completed", userId, courseId, lectureId, time].join("/");
  return { id, type: "lecture.completed", userId, courseId, lectureId, occurredAt, day, zone };
}

/** @param rev the revision of the progress that records it; it never repeats */
export function courseCompleted(
  { userId, courseId }: ProgressKey,
  { occurredAt, day, zone }: Moment,
  rev: number,
): CourseCompleted {
  const id = ["course.completed", userId, courseId, rev].join("/");
  return { id, type: "course.completed", userId, courseId, occurredAt, day, zone };
}

export function streakReached(
  userId: UserId,
  { occurredAt, day, zone }: Moment,
  { days, firstDay }: Pick<StreakReached, "days" | "firstDay">,
): StreakReached {
  const id = ["streak.reached", userId, firstDay, days].join("/");
  return { id, type: "streak.reached", userId, days, firstDay, occurredAt, day, zone };
}

export function achievementEarned(
  userId: UserId,
  { occurredAt, day, zone }: Moment,
  { achievementId, cause }: Pick<AchievementEarned, "achievementId" | "cause">,
): AchievementEarned {
  const id = ["achievement.earned", userId, achievementId].join("/");
  return { id, type: "achievement.earned", userId, achievementId, cause, occurredAt, day, zone };
}
