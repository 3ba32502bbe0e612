import type { WithId } from "mongodb";
import type { UserId } from "../../domain/ids.ts";
import type { AchievementStore, EarnedAchievement } from "../../ports/achievement-store.ts";
import type { MongoConnection } from "./connection.ts";
import { type AchievementDocument, allAtOnce, upTo } from "./documents.ts";
import { settleRace } from "./failures.ts";

/** What was earned as documents; a unique index says that it is earned once. */
export class MongoAchievementStore implements AchievementStore {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  earn(userId: UserId, { achievementId, occurredAt, cause, title, day, zone }: EarnedAchievement): Promise<boolean> {
    const document = { title, earnedAt: new Date(occurredAt), day, zone, event: cause, isUntold: true } as const;
    return this.#connection.answer(async ({ achievements }) => {
      const { upsertedCount } = await settleRace(() =>
        achievements.updateOne({ userId, achievementId }, { $setOnInsert: document }, { upsert: true }),
      );
      return upsertedCount === 1;
    });
  }

  earned(userId: UserId): Promise<(EarnedAchievement & { isTold: boolean })[]> {
    return this.#connection.answer(async ({ achievements }) => {
      const found = achievements.find({ userId }, { sort: { earnedAt: -1, achievementId: 1 }, ...allAtOnce });
      return (await found.toArray()).map(toEarned);
    });
  }

  told(userId: UserId, achievementId: string): Promise<void> {
    return this.#connection.answer(async ({ achievements }) => {
      await achievements.updateOne({ userId, achievementId }, { $unset: { isUntold: "" } });
    });
  }

  erase(userId: UserId, until: number = Infinity): Promise<void> {
    const erased = { userId, earnedAt: upTo(until) };
    return this.#connection.answer(async ({ achievements }) => void (await achievements.deleteMany(erased)));
  }
}

function toEarned(document: WithId<AchievementDocument>): EarnedAchievement & { isTold: boolean } {
  const { achievementId, title, earnedAt, day, zone, event, isUntold } = document;
  return { achievementId, title, occurredAt: earnedAt.getTime(), day, zone, cause: event, isTold: isUntold !== true };
}
