import type { ActivityDay, ActivityStore } from "../ports/activity-store.ts";
import { addDays, type Day, daysBetween, heatmapDays } from "../domain/activity-day.ts";
import { completionPercentage } from "../domain/completion.ts";
import type { CourseId } from "../domain/ids.ts";
import { greatestStamp, stampTime } from "../domain/stamp.ts";
import { currentStreak } from "../domain/streak.ts";
import type { PositionBuffer } from "../ports/position-buffer.ts";
import type { ProgressStore } from "../ports/progress-store.ts";
import type { StudentStore } from "../ports/student-store.ts";
import type { Followers } from "./followers.ts";
import type { Identity, StudentDay } from "./student-day.ts";

export interface StudentStats {
  readonly currentStreak: number;
  readonly longestStreak: number;
  readonly lastActiveDate: Day | null;
  readonly activeToday: boolean;
  readonly totalCompleted: number;
}

export interface CourseSummary {
  readonly courseId: CourseId;
  readonly progress: number;
  /** Milliseconds since 1970; missing where nothing was watched since the start, or the last start over. */
  readonly lastWatchedAt?: number;
}

interface DashboardDeps {
  buffer: PositionBuffer;
  store: ProgressStore;
  activities: ActivityStore;
  students: StudentStore;
  followers: Followers;
  days: StudentDay;
}

/** What a student sees over all courses, in a number of round trips that does not grow with them. */
export class Dashboard {
  readonly #deps: DashboardDeps;

  constructor(deps: DashboardDeps) {
    this.#deps = deps;
  }

  /** Every course the student has started, a second ago or long ago. */
  async courseProgress({ userId }: Identity): Promise<CourseSummary[]> {
    const { buffer, store } = this.#deps;
    const started = await buffer.startedCourses(userId);
    const rows = await store.courseProgress(userId, [...started.keys()]);
    return rows.map(({ courseId, completed, total, lastWatched }) => {
      const newest = greatestStamp(lastWatched, started.get(courseId) ?? null);
      const progress = completionPercentage(completed, total);
      return { courseId, progress, ...(newest !== null && { lastWatchedAt: stampTime(newest) }) };
    });
  }

  async stats(identity: Identity): Promise<StudentStats> {
    const { students, activities, store, days } = this.#deps;
    const { userId } = identity;
    const [first, last] = everybodysToday(days.nowIn("UTC").day);
    const [student, recent, totals] = await Promise.all([
      students.read(userId),
      activities.between(userId, first, last),
      store.totals(userId),
    ]);
    const today = days.nowIn(days.zoneOf(identity, student)).day;
    return {
      currentStreak: currentStreak(student.streak, today),
      longestStreak: student.streak.longest,
      lastActiveDate: student.streak.lastDay,
      activeToday: recent.some(({ day }) => day === today),
      totalCompleted: totals.lectures,
    };
  }

  /** The last 365 days, oldest first: those with activity, or with `fill` all of them. */
  async heatmap(identity: Identity, fill: boolean): Promise<ActivityDay[]> {
    const { students, activities, days } = this.#deps;
    const [earliest, latest] = everybodysToday(days.nowIn("UTC").day);
    const [student, active] = await Promise.all([
      identity.zone === null ? students.read(identity.userId) : null,
      activities.between(identity.userId, addDays(earliest, 1 - heatmapDays), latest),
    ]);
    const today = days.nowIn(days.zoneOf(identity, student)).day;
    const first = addDays(today, 1 - heatmapDays);
    const shown = active.filter(({ day }) => day >= first && day <= today);
    if (!fill) return shown;
    const counts = new Map(shown.map(({ day, count }) => [day, count]));
    return daysBetween(first, today).map((day) => ({ day, count: counts.get(day) ?? 0 }));
  }

  /** One more activity today, of no particular lecture. */
  async mark(identity: Identity): Promise<void> {
    const { activities, followers, days } = this.#deps;
    const moment = await days.now(identity);
    await activities.mark(identity.userId, moment);
    await followers.followMark(identity.userId, moment);
  }
}

/** The first and last day that it can be anywhere on Earth while it is this day in UTC. */
function everybodysToday(utcDay: Day): [Day, Day] {
  return [addDays(utcDay, -1), addDays(utcDay, 1)];
}
