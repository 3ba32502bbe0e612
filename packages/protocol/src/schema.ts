/**
 * The wire as JSON Schema: what the service checks requests against, serialises responses by and publishes as
 * OpenAPI. The types in `index.ts` are derived from these, so the three cannot disagree.
 */
import { type Static, Type } from "typebox";
import {
  CivilDate,
  CourseId,
  Device,
  LectureId,
  Percentage,
  PlayedRanges,
  Seconds,
  ServerTime,
  SessionId,
  Stamp,
} from "./fields.ts";

export * from "./catalog-schema.ts";
export { CourseId, LectureId } from "./fields.ts";

const maxSafeMs = 9_999_999_999_999;
const sessionFields = ["sessionId", "sessionStartedAt", "elapsedMs", "seq"];

const saveFields = {
  courseId: CourseId,
  lectureId: LectureId,
  watchTime: Type.Number({ minimum: 0, description: "The playhead in seconds." }),
  sessionId: Type.Optional(SessionId),
  sessionStartedAt: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: maxSafeMs,
      description: "A `serverTime` of the service; 0 before any was known.",
    }),
  ),
  elapsedMs: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: maxSafeMs,
      description: "Monotonic milliseconds since the session started.",
    }),
  ),
  seq: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 99_999_999, description: "Rises with every position of the session, from 0." }),
  ),
};

const allOrNoneOfTheSession = Object.fromEntries(
  sessionFields.map((field) => [field, sessionFields.filter((other) => other !== field)]),
);

const plainSave = { courseId: "typescript-basics", lectureId: "intro", watchTime: 61.5 };
const sessionSave = {
  ...plainSave,
  sessionId: "9f86d081884c7d65",
  sessionStartedAt: 1_767_225_600_000,
  elapsedMs: 5_000,
  seq: 1,
};

/** A heartbeat. Without the four session fields it is ordered by arrival, with all of them by its session. */
export const SaveRequest = Type.Object(saveFields, {
  dependentRequired: allOrNoneOfTheSession,
  examples: [plainSave, sessionSave],
});

/** The last heartbeat of a closing page, which can send no headers: the token is in the body. */
export const BeaconRequest = Type.Object(
  { ...saveFields, token: Type.String({ description: "The JWT, without a scheme." }) },
  { dependentRequired: allOrNoneOfTheSession, examples: [{ ...sessionSave, token: "eyJhbGciOiJIUzI1NiJ9..." }] },
);

export const SaveResponse = Type.Object({
  message: Type.Literal("synced"),
  serverTime: Type.Optional(ServerTime),
  stamp: Type.Optional(Stamp),
  superseded: Type.Optional(Type.Boolean({ description: "A newer position than this one is stored." })),
  persisted: Type.Optional(
    Type.Union([Stamp, Type.Null()], {
      description: "The newest stamp of this lecture known to be in the durable store.",
    }),
  ),
  nextIntervalMs: Type.Optional(
    Type.Integer({ minimum: 0, description: "Send the next heartbeat no sooner than this." }),
  ),
});

export const CompleteRequest = Type.Object(
  { courseId: CourseId, lectureId: LectureId },
  { examples: [{ courseId: "typescript-basics", lectureId: "intro" }] },
);
export const CompleteResponse = Type.Object({ message: Type.Literal("completed") });
export const MarkResponse = Type.Object({ message: Type.Literal("marked") });
export const StartOverResponse = Type.Object({ message: Type.Literal("started over"), serverTime: ServerTime });

export const CourseProgressResponse = Type.Object({
  watchTimes: Type.Record(LectureId, Seconds, { description: "Resume position of each lecture that was watched." }),
  completionPercentage: Percentage,
  completedLectures: Type.Array(LectureId),
  lastWatchedLecture: Type.Union([LectureId, Type.Null()]),
  totalLectures: Type.Integer({ minimum: 0 }),
  serverTime: ServerTime,
  device: Type.Optional(Device),
});

export const CourseProgressQuery = Type.Object({
  lecture: Type.Optional(LectureId),
});

export const CreditRequest = Type.Object(
  {
    played: PlayedRanges,
    sessionId: SessionId,
    sessionStartedAt: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: maxSafeMs,
        description: "The `serverTime` that the first report of this sitting was answered with; missing in the first.",
      }),
    ),
  },
  { examples: [{ played: [[0, 61.5]], sessionId: "19f86d081884c7d6", sessionStartedAt: 1_767_225_600_000 }] },
);

export const CoverageResponse = Type.Object({
  played: PlayedRanges,
  coverage: Type.Number({ minimum: 0, maximum: 1, description: "The share of the lecture." }),
  serverTime: ServerTime,
});

export const HeatmapQuery = Type.Object({
  fill: Type.Optional(Type.Literal("zero", { description: "List all 365 days, also those without activity." })),
});
export const HeatmapResponse = Type.Array(Type.Object({ date: CivilDate, count: Type.Integer({ minimum: 0 }) }));

export const CourseProgressListResponse = Type.Array(
  Type.Object({
    courseId: CourseId,
    progress: Percentage,
    lastWatchedAt: Type.Optional(
      Type.Integer({
        description: "When the student watched it last, milliseconds since 1970. Missing without a position.",
      }),
    ),
  }),
);

export const StudentStatsResponse = Type.Object({
  currentStreak: Type.Integer({ minimum: 0 }),
  longestStreak: Type.Integer({ minimum: 0 }),
  lastActiveDate: Type.Union([CivilDate, Type.Null()], { description: "The last day that counts for the streak." }),
  activeToday: Type.Boolean(),
  totalCompleted: Type.Integer({ minimum: 0 }),
});

const achievementFields = {
  achievementId: Type.String(),
  title: Type.String(),
  description: Type.Optional(Type.String()),
};

export const AchievementsResponse = Type.Object({
  earned: Type.Array(
    Type.Object({
      ...achievementFields,
      earnedAt: Type.Integer({ description: "Milliseconds since 1970." }),
      date: CivilDate,
    }),
    { description: "Newest first. What is earned stays, whatever is declared later." },
  ),
  locked: Type.Array(
    Type.Object({
      ...achievementFields,
      fact: Type.Enum(["lecturesCompleted", "coursesCompleted", "longestStreak", "activeDays", "comebackDays"], {
        description: "What `progress` and `target` count.",
      }),
      progress: Type.Integer({ minimum: 0, description: "How much of the target is there." }),
      target: Type.Integer({ minimum: 1 }),
    }),
  ),
});

export const ProfileRequest = Type.Object({
  timeZone: Type.String({
    minLength: 1,
    maxLength: 64,
    description: "An IANA time zone.",
    examples: ["Europe/Berlin"],
  }),
});
export const ProfileResponse = Type.Object({
  userId: Type.String(),
  timeZone: Type.String({ description: "The zone stored for the student, else the service's default." }),
  effectiveTimeZone: Type.String({ description: "The zone that decides `today` for this token." }),
  today: CivilDate,
});

/** Everything the service holds about one student. */
export const StudentDataResponse = Type.Object({
  userId: Type.String(),
  exportedAt: Type.String({ format: "date-time" }),
  timeZone: Type.Union([Type.String(), Type.Null()]),
  streak: Type.Object({
    currentStreak: Type.Integer(),
    longestStreak: Type.Integer(),
    lastActiveDate: Type.Union([CivilDate, Type.Null()]),
  }),
  courses: Type.Array(
    Type.Object({
      courseId: CourseId,
      positions: Type.Array(Type.Object({ lectureId: LectureId, watchTime: Seconds, stamp: Stamp })),
      completions: Type.Array(Type.Object({ lectureId: LectureId, completedAt: Type.String({ format: "date-time" }) })),
      played: Type.Array(Type.Object({ lectureId: LectureId, ranges: PlayedRanges })),
      courseCompletedAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    }),
  ),
  activities: Type.Array(
    Type.Object({ date: CivilDate, count: Type.Integer(), completions: Type.Array(Type.String()) }),
  ),
  achievements: Type.Array(
    Type.Object({
      achievementId: Type.String(),
      title: Type.String(),
      earnedAt: Type.String({ format: "date-time" }),
      date: CivilDate,
      event: Type.Union([Type.String(), Type.Null()], { description: "The event that earned it." }),
    }),
  ),
});

/** RFC 9457 problem details; `code` is stable and belongs to one status. */
export const Problem = Type.Object({
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  code: Type.String(),
  detail: Type.String({ description: "What to do about it." }),
  errors: Type.Optional(
    Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
      description: "What is wrong with which field, dotted: `lectures.0.title`.",
    }),
  ),
  serverTime: Type.Optional(ServerTime),
});

export const HealthResponse = Type.Object({
  status: Type.Enum(["ok", "unavailable"]),
  parts: Type.Record(
    Type.String(),
    Type.Object({ status: Type.Enum(["ok", "unavailable"]), detail: Type.Optional(Type.String()) }),
  ),
});

export type { Static };
