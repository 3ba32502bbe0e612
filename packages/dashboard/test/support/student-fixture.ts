import type {
  AchievementsResponse,
  Course,
  CourseProgressResponse,
  HeatmapResponse,
  ProfileResponse,
  StudentStatsResponse,
} from "@aetherlearn/protocol";
import { noAchievements, someAchievements } from "./achievement-fixture.ts";

/** Everything the stand-in service knows; a test changes what it needs before opening the page. */
export interface Student {
  days: HeatmapResponse;
  stats: StudentStatsResponse;
  profile: ProfileResponse;
  courses: Map<string, Course>;
  progress: Map<string, CourseProgressResponse>;
  media: Record<string, string>;
  /** `null`: a service that is older than achievements. */
  achievements: AchievementsResponse | null;
}

export function someStudent(today: string, timeZone = "Europe/Berlin"): Student {
  const courses = [
    course("typescript", "TypeScript from the ground up", ["Why types", "Narrowing", "Generics that help"]),
    course("statistics", "Statistics for people who decide", [
      "Averages lie",
      "What a sample knows",
      "Testing a hunch",
      "Regression",
    ]),
    course("photography", "Seeing light: an introduction to photography", ["Light", "Frame", "Moment"]),
    course("music", "Reading music", ["Lines and spaces", "Rhythm"]),
  ];
  return {
    days: activityUntil(today),
    stats: { currentStreak: 12, longestStreak: 31, lastActiveDate: today, activeToday: true, totalCompleted: 148 },
    profile: { userId: "demo-student", timeZone, effectiveTimeZone: timeZone, today },
    courses: new Map(courses.map((one) => [one.courseId, one])),
    progress: new Map([
      ["typescript", progress(3, ["l1"], { l1: 90, l2: 41.5 }, "l2")],
      ["statistics", progress(4, ["l1", "l2"], { l1: 1260, l2: 1260 }, "l2")],
      ["photography", progress(3, ["l1", "l2"], { l1: 90, l2: 1260, l3: 96 }, "l3")],
      ["music", progress(2, ["l1", "l2"], { l1: 90, l2: 60 }, "l2")],
    ]),
    media: {
      "typescript/l1": "/demo/media/lecture-1.mp4",
      "typescript/l2": "/demo/media/lecture-2.mp4",
      "typescript/l3": "/demo/media/lecture-3.mp4",
    },
    achievements: someAchievements(today),
  };
}

export function newcomer(today: string): Student {
  return {
    ...someStudent(today),
    days: activityUntil(today).map(({ date }) => ({ date, count: 0 })),
    stats: { currentStreak: 0, longestStreak: 0, lastActiveDate: null, activeToday: false, totalCompleted: 0 },
    courses: new Map(),
    progress: new Map(),
    achievements: noAchievements(),
  };
}

/** 365 days with weekends, a holiday and eager weeks; the same for the same last day. */
export function activityUntil(today: string): HeatmapResponse {
  const last = Temporal.PlainDate.from(today);
  let seed = 7;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  return Array.from({ length: 365 }, (_, index) => {
    const date = last.subtract({ days: 364 - index });
    const isAway = index > 138 && index < 160;
    const eagerness = 0.45 + 0.3 * Math.sin(index / 23) - (date.dayOfWeek > 5 ? 0.25 : 0);
    const count = isAway || random() > eagerness + 0.2 ? 0 : Math.ceil(random() ** 2 * 8);
    return { date: date.toString(), count: index > 352 ? Math.max(1, count) : count };
  });
}

function course(courseId: string, title: string, titles: string[]): Course {
  const durations = [90, courseId === "typescript" ? 75 : 1260, courseId === "typescript" ? 60 : 840, 600];
  const lectures = titles.map((name, index) => ({
    lectureId: `l${index + 1}`,
    title: name,
    durationSeconds: durations[index] ?? 600,
    order: index,
  }));
  return { courseId, title, totalLectures: lectures.length, version: 1, lectures };
}

function progress(
  totalLectures: number,
  completedLectures: string[],
  watchTimes: Record<string, number>,
  lastWatchedLecture: string,
): CourseProgressResponse {
  const completionPercentage = Math.floor((completedLectures.length * 100) / totalLectures);
  return {
    watchTimes,
    completionPercentage,
    completedLectures,
    lastWatchedLecture,
    totalLectures,
    serverTime: 1_764_000_000_000,
  };
}
