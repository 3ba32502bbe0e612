/** The events that leave the service, as JSON Schema: CloudEvents 1.0 in its JSON format. */
import { type TSchema, Type } from "typebox";
import { CivilDate, CourseId, LectureId } from "./fields.ts";

const EventMoment = {
  day: CivilDate,
  timeZone: Type.String({ description: "The zone that decided the day." }),
};

function eventOf<Kind extends string, Data extends TSchema>(type: Kind, data: Data, description: string) {
  return Type.Object(
    {
      specversion: Type.Literal("1.0"),
      id: Type.String({ minLength: 1, description: "The same for the same event, however often it is sent." }),
      source: Type.String({ description: "Where it comes from; source and id name an event." }),
      type: Type.Literal(type),
      subject: Type.String({ description: "The student." }),
      time: Type.String({ format: "date-time", description: "When it happened." }),
      datacontenttype: Type.Literal("application/json"),
      data,
    },
    { description },
  );
}

const LectureCompletedEvent = eventOf(
  "lecture.completed",
  Type.Object({ userId: Type.String(), courseId: CourseId, lectureId: LectureId, ...EventMoment }),
  "A student completed a lecture: for the first time, or again after it was taken back.",
);
const CourseCompletedEvent = eventOf(
  "course.completed",
  Type.Object({ userId: Type.String(), courseId: CourseId, ...EventMoment }),
  "A student has completed all lectures of a course.",
);
const StreakReachedEvent = eventOf(
  "streak.reached",
  Type.Object({
    userId: Type.String(),
    days: Type.Integer({ minimum: 1, description: "How long the streak has become." }),
    firstDay: CivilDate,
    ...EventMoment,
  }),
  "A student's streak has reached a milestone, once for each streak and milestone.",
);
const AchievementEarnedEvent = eventOf(
  "achievement.earned",
  Type.Object({
    userId: Type.String(),
    achievementId: Type.String(),
    cause: Type.Union([Type.String(), Type.Null()], {
      description: "The id of the event that earned it; null when it was awarded afterwards.",
    }),
    ...EventMoment,
  }),
  "A student has earned an achievement, once for ever.",
);

/** Every event by its type: CloudEvents 1.0 in JSON. */
export const events = {
  "lecture.completed": LectureCompletedEvent,
  "course.completed": CourseCompletedEvent,
  "streak.reached": StreakReachedEvent,
  "achievement.earned": AchievementEarnedEvent,
} as const;
