import { type Achievement, type Facts, factsOfDays, isReached } from "../domain/achievement.ts";
import type { Day } from "../domain/activity-day.ts";
import { achievementEarned, type Moment } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";
import { firstDay, type Streak } from "../domain/streak.ts";
import type { AchievementStore, EarnedAchievement } from "../ports/achievement-store.ts";
import type { ActivityStore, StreakCounts } from "../ports/activity-store.ts";
import type { CompletionTotals, ProgressStore } from "../ports/progress-store.ts";
import type { EventPublisher } from "./event-publisher.ts";

interface LockedAchievement {
  readonly achievement: Achievement;
  /** How much of what it asks for is there. */
  readonly progress: number;
}

export interface AchievementOverview {
  /** Newest first. */
  readonly earned: readonly (EarnedAchievement & Pick<Achievement, "description">)[];
  /** In the order they are declared. */
  readonly locked: readonly LockedAchievement[];
}

interface AchievementsDeps {
  definitions: readonly Achievement[];
  achievements: AchievementStore;
  store: ProgressStore;
  activities: ActivityStore;
  counts: StreakCounts;
  publisher: EventPublisher;
}

/**
 * Awards achievements, each at most once and for ever, and tells of each.
 *
 * What is earned depends on the facts alone, not on the order in which they become known: whoever looks last has seen all of
 * them. An award that is not told yet says so itself, and is told by whoever comes by next; the event that earned it
 * stays in its outbox until then.
 */
export class Achievements {
  readonly #deps: AchievementsDeps;

  constructor(deps: AchievementsDeps) {
    this.#deps = deps;
  }

  /**
   * Awards what a student has reached by now.
   * @param moment when they did
   * @param cause the id of the event that may have earned something
   * @param streak as of that event; without it all that is known of the student's days is looked at
   * @returns how many achievements are new
   */
  async award(userId: UserId, moment: Moment, cause: string | null, streak?: Streak): Promise<number> {
    const { definitions, achievements, store } = this.#deps;
    const [earned, totals] = await Promise.all([achievements.earned(userId), store.totals(userId)]);
    const untold: EarnedAchievement[] = earned.filter(({ isTold }) => !isTold);
    const has = new Set(earned.map(({ achievementId }) => achievementId));
    const locked = definitions.filter(({ id }) => !has.has(id));
    let count = 0;
    for (const { id, title } of await this.#reached(userId, locked, totals, streak && { streak, day: moment.day })) {
      const { occurredAt, day, zone } = moment;
      const award = { achievementId: id, title, occurredAt, day, zone, cause };
      if (!(await achievements.earn(userId, award))) continue;
      untold.push(award);
      count++;
    }
    for (const award of untold) await this.#tell(userId, award);
    return count;
  }

  /** What a student has earned, and how far they are with the rest. */
  async overview(userId: UserId): Promise<AchievementOverview> {
    const { definitions, achievements, store, activities, counts } = this.#deps;
    const [earned, totals, days] = await Promise.all([
      achievements.earned(userId),
      store.totals(userId),
      activities.daysThatCount(userId, counts),
    ]);
    const facts = factsOf(totals, factsOfDays(days));
    const declared = new Map(definitions.map((achievement) => [achievement.id, achievement]));
    const has = new Set(earned.map(({ achievementId }) => achievementId));
    return {
      earned: earned.map((award) => ({ ...award, ...declared.get(award.achievementId) })),
      locked: definitions
        .filter(({ id }) => !has.has(id))
        .map((achievement) => ({
          achievement,
          progress: Math.min(facts[achievement.fact], achievement.atLeast),
        })),
    };
  }

  /** Those of the locked ones that the facts allow. Days are read only where they can make a difference. */
  async #reached(
    userId: UserId,
    locked: readonly Achievement[],
    totals: CompletionTotals,
    counted?: { streak: Streak; day: Day },
  ): Promise<Achievement[]> {
    const { activities, counts } = this.#deps;
    // Only the first day of a streak can follow a long pause; of marks, the one of that day may have been followed by nobody.
    const isFirst =
      counted === undefined || counts === "activity" || counted.day <= (firstDay(counted.streak) ?? counted.day);
    const needsDays = locked.some(
      ({ fact }) => fact === "activeDays" || (fact === "comebackDays" && isFirst) || counted === undefined,
    );
    const days = needsDays ? await activities.daysThatCount(userId, counts) : [];
    const ofDays = factsOfDays(days);
    const longestStreak = Math.max(ofDays.longestStreak, counted?.streak.longest ?? 0);
    const facts = factsOf(totals, { ...ofDays, longestStreak });
    const reached = locked.filter((achievement) => isReached(achievement, facts));
    if (!reached.some(({ fact }) => fact === "comebackDays")) return reached;
    // A day whose completion nobody has followed yet may lie within the pause.
    const comebackDays = factsOfDays([...days, ...(await this.#daysInOutboxes(userId))]).comebackDays;
    return reached.filter((achievement) => isReached(achievement, { ...facts, comebackDays }));
  }

  async #daysInOutboxes(userId: UserId): Promise<Day[]> {
    const progress = await this.#deps.store.readAll(userId);
    return progress.flatMap(({ outbox }) => outbox.map(({ day }) => day));
  }

  async #tell(userId: UserId, award: EarnedAchievement): Promise<void> {
    const { achievements, publisher } = this.#deps;
    await publisher.publish(achievementEarned(userId, award, award));
    await achievements.told(userId, award.achievementId);
  }
}

function factsOf(
  { lectures, courses }: CompletionTotals,
  ofDays: Pick<Facts, "longestStreak" | "activeDays" | "comebackDays">,
): Facts {
  return { lecturesCompleted: lectures, coursesCompleted: courses, ...ofDays };
}
