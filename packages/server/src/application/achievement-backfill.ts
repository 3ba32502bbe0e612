import type { UserId } from "../domain/ids.ts";
import type { StudentStore } from "../ports/student-store.ts";
import type { Achievements } from "./achievements.ts";
import type { StudentDay } from "./student-day.ts";

/** Enough to be quick, and little beside what a service asks of its store. */
const pageSize = 50;
const atOnce = 5;

export interface BackfillProgress {
  readonly students: number;
  /** Roughly. */
  readonly of: number;
  readonly awarded: number;
  /** Everybody up to this one is done. */
  readonly last: UserId | null;
}

/** Awards what was declared after students had reached it. Again awards nothing more, so it may be stopped at any time. */
export class AchievementBackfill {
  readonly #deps: { students: StudentStore; achievements: Achievements; days: StudentDay };

  constructor(deps: { students: StudentStore; achievements: Achievements; days: StudentDay }) {
    this.#deps = deps;
  }

  /** @param after everybody up to this student is done already */
  async run(after: UserId | null, onProgress: (progress: BackfillProgress) => void): Promise<BackfillProgress> {
    const { students } = this.#deps;
    const of = await students.count();
    let [looked, awarded, last] = [0, 0, after];
    for (;;) {
      const progress = { students: looked, of, awarded, last };
      onProgress(progress);
      const page = await students.list(last, pageSize);
      if (page.length === 0) return progress;
      awarded += await this.#awardAll(page);
      looked += page.length;
      last = page.at(-1) ?? last;
    }
  }

  async #awardAll(page: readonly UserId[]): Promise<number> {
    const waiting = page.values();
    const counts = await Promise.all(
      Array.from({ length: atOnce }, async () => {
        let awarded = 0;
        for (const userId of waiting) awarded += await this.#award(userId);
        return awarded;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #award(userId: UserId): Promise<number> {
    const { achievements, days } = this.#deps;
    return achievements.award(userId, await days.now({ userId, zone: null }), null);
  }
}
