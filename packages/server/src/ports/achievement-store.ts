import type { Moment } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";

/** An achievement that a student has; the moment is when they earned it. */
export interface EarnedAchievement extends Moment {
  readonly achievementId: string;
  /** What it was called when it was earned. */
  readonly title: string;
  /** The id of the event that earned it; null when it was awarded afterwards. */
  readonly cause: string | null;
}

/**
 * What students have earned, for ever. Every method rejects with the code `store_unavailable` when its outcome is unknown or
 * nothing was done.
 */
export interface AchievementStore {
  /**
   * Keeps the achievement, not told yet. One that the student has already stays as it is.
   * @returns whether it was new
   */
  earn(userId: UserId, achievement: EarnedAchievement): Promise<boolean>;

  /** Everything a student has earned, newest first. */
  earned(userId: UserId): Promise<(EarnedAchievement & { readonly isTold: boolean })[]>;

  /** The achievement's event is published. */
  told(userId: UserId, achievementId: string): Promise<void>;

  /** @param until what was earned up to this instant, milliseconds since 1970; left out: everything */
  erase(userId: UserId, until?: number): Promise<void>;
}
