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
      store.unsettled(before, batchSize),
      students.unsettled(before, batchSize),
    ]);
    telemetry.oldestWaiting("followers", oldest(ofProgress));
    for (const { key } of ofProgress) {
      if (signal?.aborted === true) return;
      await this.#alone(key.userId, `:${key.courseId}`, async () =>
        followers.settle(key, (await store.read(key)).outbox),
      );
    }
    for (const userId of ofStreaks) {
      if (signal?.aborted === true) return;
      await this.#alone(userId, "", async () => streaks.tell(userId, (await students.read(userId)).outbox));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relaying[Symbol.asyncDispose]();
  }

  /** Does the work unless another process does; a failure leaves the other work alone. */
  async #alone(userId: UserId, outbox: string, work: () => Promise<void>): Promise<void> {
    const { leases, queue, telemetry } = this.#deps;
    if (!(await leases.take(`outbox:${userId}${outbox}`, leaseMs))) return;
    try {
      await queue.run(userId, work);
    } catch (error) {
      telemetry.backgroundFailed("follow events", error);
    }
  }
}

function oldest(unsettled: readonly Unsettled[]): number | null {
  return unsettled.length === 0 ? null : Math.min(...unsettled.map(({ since }) => since));
}
