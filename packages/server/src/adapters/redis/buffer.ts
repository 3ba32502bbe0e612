import type { CourseId, ProgressKey, UserId } from "../../domain/ids.ts";
import { makeStamp, resetLeadMs, type Stamp } from "../../domain/stamp.ts";
import type {
  Acknowledged,
  BufferedProgress,
  BufferStats,
  Claim,
  PoisonKey,
  PositionBuffer,
  PositionSave,
  SaveOutcome,
  UnflushedProgress,
} from "../../ports/position-buffer.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { Claiming } from "./claiming.ts";
import type { RedisConnection } from "./connection.ts";
import { reasonOf } from "./failures.ts";
import {
  dirtyKey,
  keyOfMember,
  memberOf,
  poisonKey,
  progressKey,
  progressPrefix,
  shardOf,
  startedKey,
} from "./keys.ts";
import { MemoryGauge, type MemoryGaugeOptions } from "./memory-gauge.ts";
import { bufferedProgress, type ReadReply, saveOutcome, startedCourses, unflushedProgress } from "./replies.ts";
import { type Group, ShardCalls } from "./shard-calls.ts";

export interface RedisPositionBufferOptions {
  readonly flushIntervalMs: number;
  readonly telemetry: Pick<Telemetry, "claimedKeyMissing" | "backgroundFailed">;
  readonly memory?: MemoryGaugeOptions;
}

/** How long a clean key stays readable. */
const cleanForMs = 24 * 60 * 60 * 1000;

/** A read of everything that a course with 50 lectures has takes Redis as long as seven saves. */
const readsPerCall = 50;

/** How many keys of each shard a look for the oldest takes in. */
const lookAtKeys = 16;

/**
 * The position buffer in Redis; the rules are in lua/, one script for each atomic step.
 *
 * A key is dirty while it is a member of its shard's sorted set, listed in its student's started set and without a time to
 * live; else it is clean and has one. The three change together, in one script. Nothing is kept in this process.
 */
export class RedisPositionBuffer implements PositionBuffer, Disposable {
  readonly #calls: ShardCalls;
  readonly #claiming: Claiming;
  readonly #memory: MemoryGauge;
  readonly #telemetry: RedisPositionBufferOptions["telemetry"];
  readonly #flushIntervalMs: number;
  readonly #isCluster: boolean;

  constructor(connection: RedisConnection, { flushIntervalMs, telemetry, memory }: RedisPositionBufferOptions) {
    this.#calls = new ShardCalls(connection);
    this.#claiming = new Claiming(this.#calls, flushIntervalMs, telemetry);
    this.#memory = new MemoryGauge(connection, memory);
    this.#telemetry = telemetry;
    this.#flushIntervalMs = flushIntervalMs;
    this.#isCluster = connection.isCluster;
  }

  save(saves: readonly PositionSave[]): Promise<SaveOutcome[]> {
    // A node of a Cluster that is down fails the saves of its own shards, not their neighbours'.
    return this.#calls.divide(
      saves,
      (part, group) => this.#save(part, group),
      (error) => ({ status: "failed", reason: reasonOf(error) }),
    );
  }

  read(key: ProgressKey): Promise<BufferedProgress> {
    return this.readEach([key])[0] as Promise<BufferedProgress>;
  }

  readEach(keys: readonly ProgressKey[]): Promise<BufferedProgress>[] {
    return this.#read(keys, "all").map(async (reply) => bufferedProgress(await reply));
  }

  readUnflushed(keys: readonly ProgressKey[]): Promise<UnflushedProgress>[] {
    return this.#read(keys, "unflushed").map(async (reply) => unflushedProgress(await reply));
  }

  async startedCourses(userId: UserId): Promise<Map<CourseId, Stamp | null>> {
    const prefix = progressKey({ userId, courseId: "" as CourseId });
    const reply = (await this.#calls.run("started", [startedKey(userId)], [prefix])) as string[];
    return startedCourses(reply);
  }

  async startOver(key: ProgressKey, newest: Stamp | null): Promise<Stamp> {
    const shard = shardOf(key.userId);
    const { answers } = await this.#calls.runInTime(
      "start-over",
      this.#calls.groupOf(key.userId),
      [progressKey(key), dirtyKey(shard), startedKey(key.userId)],
      [memberOf(key), newest ?? "", spread(this.#flushIntervalMs), resetLeadMs],
    );
    return answers[0] as Stamp;
  }

  claim(limit: number, leaseMs: number, { all = false }: { all?: boolean } = {}): Promise<Claim[]> {
    return this.#claiming.claim(limit, leaseMs, all);
  }

  acknowledge(claims: readonly Claim[]): Promise<Acknowledged[]> {
    return this.#calls.divide(claims, (part) => this.#acknowledge(part));
  }

  async postpone(
    { key, claimedAt }: Claim,
    retryInMs: number,
    { reason, poison }: { reason: string; poison: boolean },
  ): Promise<void> {
    const shard = shardOf(key.userId);
    const keys = [progressKey(key), dirtyKey(shard), poisonKey(shard)];
    await this.#calls.run("postpone", keys, [memberOf(key), claimedAt, retryInMs, poison ? reason || "refused" : ""]);
  }

  async release(claims: readonly Claim[]): Promise<void> {
    await this.#calls.divide(claims, async (part) => {
      const keys = part.flatMap(({ key }) => [progressKey(key), dirtyKey(shardOf(key.userId))]);
      await this.#calls.run(
        "release",
        keys,
        part.flatMap(({ key, claimedAt }) => [memberOf(key), claimedAt]),
      );
      return [];
    });
  }

  async poisonKeys(limit: number): Promise<PoisonKey[]> {
    const lists = await this.#calls.forEachGroup(async (shards) => {
      const args = [limit, ...shards.map(progressPrefix)];
      return (await this.#calls.run("poison-list", shards.map(poisonKey), args)) as [string, number, string][];
    });
    const listed = lists.flat().slice(0, limit);
    return listed.map(([member, attempts, reason]) => ({ key: keyOfMember(member), attempts, reason }));
  }

  async retryPoison(key: ProgressKey): Promise<boolean> {
    const shard = shardOf(key.userId);
    const keys = [progressKey(key), dirtyKey(shard), poisonKey(shard)];
    return (await this.#calls.run("poison-retry", keys, [memberOf(key)])) === 1;
  }

  async stats(): Promise<BufferStats> {
    const counts = await this.#calls.forEachGroup(async (shards) => {
      const keys = shards.flatMap((shard) => [dirtyKey(shard), poisonKey(shard)]);
      const args = [lookAtKeys, ...shards.map(progressPrefix)];
      return (await this.#calls.run("stats", keys, args)) as [number, number, string];
    });
    const instants = counts.flatMap(([, , oldest]) => (oldest === "" ? [] : [Number(oldest)]));
    return {
      dirtyKeys: counts.reduce((sum, [dirty]) => sum + dirty, 0),
      poisonKeys: counts.reduce((sum, [, poison]) => sum + poison, 0),
      oldestDirtyAt: instants.length === 0 ? null : Math.min(...instants),
    };
  }

  async erase(userId: UserId, courseIds: readonly CourseId[]): Promise<void> {
    const shard = shardOf(userId);
    const keys = [startedKey(userId), dirtyKey(shard), poisonKey(shard)];
    const args = [progressPrefix(shard), userId, ...courseIds];
    await this.#calls.runInTime("erase", this.#calls.groupOf(userId), keys, args);
  }

  now(): Promise<number> {
    return this.#calls.now();
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  #read(keys: readonly ProgressKey[], wanted: "all" | "unflushed"): Promise<ReadReply>[] {
    return this.#calls.each(keys, readsPerCall, async (part) => {
      return (await this.#calls.run("read", part.map(progressKey), [wanted])) as ReadReply[];
    });
  }

  async #save(saves: readonly PositionSave[], group: Group): Promise<SaveOutcome[]> {
    const { isFull, isCrowded } = this.#memory;
    const keys = saves.map(({ key }) => progressKey(key));
    if (this.#isCluster) for (const { key } of saves) keys.push(dirtyKey(shardOf(key.userId)), startedKey(key.userId));
    const args: (string | number)[] = [isFull ? "known" : "any", this.#flushIntervalMs];
    for (const { lectureId, seconds, stamp } of saves) {
      args.push(lectureId, stamp === undefined ? seconds : `${stamp}|${seconds}`);
    }
    const { now, answers } = await this.#calls.runInTime("save", group, keys, args);
    const byClock = makeStamp(now);
    return (answers as (string | null)[]).map((answer, index) =>
      saveOutcome(answer, saves[index]?.stamp ?? byClock, now, isCrowded),
    );
  }

  async #acknowledge(claims: readonly Claim[]): Promise<Acknowledged[]> {
    const keys: string[] = [];
    const args: (string | number)[] = [this.#flushIntervalMs];
    for (const { key, version, claimedAt, positions } of claims) {
      const shard = shardOf(key.userId);
      keys.push(progressKey(key), dirtyKey(shard), startedKey(key.userId), poisonKey(shard));
      args.push(memberOf(key), version, claimedAt, spread(cleanForMs), positions.size);
      for (const [lectureId, { stamp, seconds }] of positions) args.push(lectureId, `${stamp}|${seconds}`);
    }
    const answers = (await this.#calls.run("acknowledge", keys, args)) as (Acknowledged | [reason: string])[];
    return answers.map((answer, index) => {
      if (typeof answer === "string") return answer;
      // Whatever is in the key's place, the store has not been proven to have it: the lease ends and the next claim says more.
      const member = memberOf((claims[index] as Claim).key);
      this.#telemetry.backgroundFailed(
        "acknowledge",
        new Error(`The buffered key of ${member} is unusable: ${answer[0]}`),
      );
      return "changed";
    });
  }
}

/** The time given, up to a tenth more or less. */
function spread(ms: number): number {
  return Math.round(ms * (0.9 + Math.random() * 0.2));
}
