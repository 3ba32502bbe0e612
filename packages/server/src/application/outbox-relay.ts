import type { Clock } from "../ports/clock.ts";
import type { UserId } from "../domain/ids.ts";
import type { Leases } from "../ports/leases.ts";
import type { ProgressStore, Unsettled } from "../ports/progress-store.ts";
import type { StudentStore } from "../ports/student-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { BackgroundWork } from "./background-work.ts";
import type { Followers } from "./followers.ts";
import type { OneAtATime } from "./one-at-a-time.ts";
import type { StreakKeeper } from "./streak-keeper.ts";

/** A request follows its own events at once; what is older than this was left behind by a process that died. */
const leftBehindMs = 5_000;
const pollMs = 2_000;
const batchSize = 100;
/** So many that fail again and again are borne before they hold up the rest. */
const maxPassedOver = 10_000;
/** Long enough to follow everything of one key, unless the store does not answer. */
const leaseMs = 15_000;

interface OutboxRelayDeps {
  store: ProgressStore;
  leases: Leases;
  students: StudentStore;
  streaks: StreakKeeper;
  followers: Followers;
  queue: OneAtATime;
  clock: Clock;
  telemetry: Telemetry;
}

/** Finishes what follows from an event when the process that began it could not. */
export class OutboxRelay {
  readonly #deps: OutboxRelayDeps;
  readonly #relaying: BackgroundWork;
  /** How many of the oldest were not finished by the last pass: the next one looks so much further. */
  readonly #passedOver = { progress: 0, streaks: 0 };

  constructor(deps: OutboxRelayDeps) {
    this.#deps = deps;
    this.#relaying = new BackgroundWork({
      ...deps,
      task: "find events left behind",
      everyMs: pollMs,
      work: (signal) => this.relay(signal),
    });
  }

  start(): void {
    this.#relaying.start();
  }

  /** Follows every event that was left behind, unless another process does, until the signal is aborted. */
  async relay(signal?: AbortSignal): Promise<void> {
    const { store, students, streaks, followers, clock, telemetry } = this.#deps;
    const before = clock.now() - leftBehindMs;
    const [ofProgress, ofStreaks] = await Promise.all([
      store.unsettled(before, batchSize + this.#passedOver.progress),
      students.unsettled(before, batchSize + this.#passedOver.streaks),
    ]);
    telemetry.oldestWaiting("followers", oldest(ofProgress));
    this.#passedOver.progress = await this.#each(ofProgress, signal, ({ key }) =>
      this.#alone(key.userId, `:${key.courseId}`, async () => followers.settle(key, (await store.read(key)).outbox)),
    );
    this.#passedOver.streaks = await this.#each(ofStreaks, signal, (userId) =>
      this.#alone(userId, "", async () => streaks.tell(userId, (await students.read(userId)).outbox)),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relaying[Symbol.asyncDispose]();
  }

  /** Returns how many are still there. */
  async #each<Item>(
    items: readonly Item[],
    signal: AbortSignal | undefined,
    work: (item: Item) => Promise<boolean>,
  ): Promise<number> {
    let left = 0;
    for (const item of items) {
      if (signal?.aborted === true) break;
      if (!(await work(item))) left++;
    }
    return Math.min(left, maxPassedOver);
  }

  /** Does the work unless another process does; a failure leaves the other work alone. Returns whether it is done. */
  async #alone(userId: UserId, outbox: string, work: () => Promise<void>): Promise<boolean> {
    const { leases, queue, telemetry } = this.#deps;
    if (!(await leases.take(`outbox:${userId}${outbox}`, leaseMs))) return false;
    try {
      await queue.run(userId, work);
      return true;
    } catch (error) {
      telemetry.backgroundFailed("follow events", error);
      return false;
    }
  }
}

function oldest(unsettled: readonly Unsettled[]): number | null {
  return unsettled.length === 0 ? null : Math.min(...unsettled.map(({ since }) => since));
}
