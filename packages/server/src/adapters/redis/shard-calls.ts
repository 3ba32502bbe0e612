import type { ProgressKey, UserId } from "../../domain/ids.ts";
import type { RedisConnection } from "./connection.ts";
import { commandTimeoutMs } from "./driver.ts";
import { unavailable } from "./failures.ts";
import { type Shard, shardCount, shardOf } from "./keys.ts";
import { RedisTime } from "./redis-time.ts";
import { runScript, type ScriptName } from "./scripts.ts";

type Arguments = readonly (string | number)[];

/** Shards that one script call may touch together. */
export type Group = number;

/**
 * A script holds up every other client while it runs, about a millisecond for so many keys. Larger batches are divided, and
 * sent together all the same: others get their turn in between.
 */
const keysPerCall = 100;

/** The clock of whichever node answered: a first guess for all. */
const anyNode: Group = -1;

/** Late answers are asked again only if there is time left for the caller. */
const repeatWithinMs = 200;

/**
 * Sends script calls to the shards they belong to. On one server all shards go into one call; in a Cluster every shard has a
 * call of its own. All calls of one batch leave together: one round trip, however many they are. Rejects with
 * `buffer_unavailable`.
 */
export class ShardCalls {
  /** All shards, as they may be touched together. */
  readonly groups: readonly (readonly Shard[])[];
  readonly #connection: RedisConnection;
  readonly #isCluster: boolean;
  readonly #time = new RedisTime();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.#isCluster = connection.isCluster;
    const shards = Array.from({ length: shardCount }, (_, shard) => shard);
    this.groups = this.#isCluster ? shards.map((shard) => [shard]) : [shards];
    // So that already the first save knows its deadline.
    connection.onConnected(() => void this.now().catch(() => undefined));
  }

  groupOf(userId: UserId): Group {
    return this.#isCluster ? shardOf(userId) : 0;
  }

  /** Runs a script that may come late. */
  async run(script: ScriptName, keys: readonly string[], args: Arguments = []): Promise<unknown> {
    try {
      return await runScript(this.#connection.general, script, keys, args);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /**
   * Runs a script that must not come late: its first argument is the instant after which it does nothing but answer the
   * time. Such an answer means that a clock was set, or was not known yet: the call is sent again, while there is time.
   */
  async runInTime(
    script: "save" | "start-over" | "erase",
    group: Group,
    keys: readonly string[],
    args: Arguments,
  ): Promise<{ now: number; answers: unknown[] }> {
    const client = script === "save" ? this.#connection.ingest : this.#connection.general;
    const startedAt = performance.now();
    try {
      for (;;) {
        const sentAt = performance.now();
        const deadline = this.#time.deadline(group, commandTimeoutMs);
        const reply = await runScript(client, script, keys, [deadline, ...args]);
        const [now, ...answers] = reply as [number, ...unknown[]];
        this.#time.learn(group, now, sentAt);
        if (answers.length > 0) return { now, answers };
        if (performance.now() - startedAt > repeatWithinMs) throw new Error(`${script} came after its deadline`);
      }
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Redis' clock, milliseconds since 1970. */
  async now(): Promise<number> {
    const sentAt = performance.now();
    try {
      const [seconds, micros] = await this.#connection.general.time();
      const now = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
      this.#time.learn(this.#isCluster ? anyNode : 0, now, sentAt);
      return now;
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Runs the calls of all groups at once. Rejects when one of them fails. */
  forEachGroup<Answer>(call: (shards: readonly Shard[]) => Promise<Answer>): Promise<Answer[]> {
    return Promise.all(this.groups.map(call));
  }

  /**
   * Divides items by group, sends each part in a call of its own, all at once, and puts the answers into the order of the
   * items. A part that fails is answered by `otherwise`; when every part fails, or without `otherwise`, the whole rejects.
   */
  async divide<Item extends { readonly key: ProgressKey }, Answer>(
    items: readonly Item[],
    call: (part: readonly Item[], group: Group) => Promise<readonly Answer[]>,
    otherwise?: (error: unknown) => Answer,
  ): Promise<Answer[]> {
    if (!this.#isCluster && items.length > 0 && items.length <= keysPerCall) {
      // One call, as nearly always: nothing is to be divided, and nothing to be put into order.
      return call(items, 0).then(
        (answers) => [...answers],
        (error: unknown) => {
          throw unavailable(error);
        },
      );
    }
    const parts = this.#partsOf(
      items.map(({ key }) => key),
      keysPerCall,
    );
    const outcomes = await Promise.allSettled(
      parts.map(({ group, indexes }) =>
        call(
          indexes.map((i) => items[i] as Item),
          group,
        ),
      ),
    );
    const failure = outcomes.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
    const isAllLost = outcomes.every(({ status }) => status === "rejected");
    if (failure !== undefined && (otherwise === undefined || isAllLost)) throw unavailable(failure.reason);
    const answers = Array.from<Answer>({ length: items.length });
    for (const [number, { indexes }] of parts.entries()) {
      const outcome = outcomes[number] as PromiseSettledResult<readonly Answer[]>;
      for (const [place, index] of indexes.entries()) {
        answers[index] = (
          outcome.status === "fulfilled" ? outcome.value[place] : otherwise?.(outcome.reason)
        ) as Answer;
      }
    }
    return answers;
  }

  /**
   * Divides keys likewise, at most `most` for each call. Every key has an answer of its own, which comes or fails with its
   * own part and waits for no other.
   */
  each<Answer>(
    keys: readonly ProgressKey[],
    most: number,
    call: (part: readonly ProgressKey[]) => Promise<readonly Answer[]>,
  ): Promise<Answer>[] {
    const answers = Array.from<Promise<Answer>>({ length: keys.length });
    for (const { indexes } of this.#partsOf(keys, most)) {
      const part = call(indexes.map((index) => keys[index] as ProgressKey));
      for (const [place, index] of indexes.entries()) answers[index] = part.then((list) => list[place] as Answer);
    }
    return answers;
  }

  #partsOf(keys: readonly ProgressKey[], most: number): { group: Group; indexes: number[] }[] {
    const parts: { group: Group; indexes: number[] }[] = [];
    const open = new Map<Group, number[]>();
    for (const [index, { userId }] of keys.entries()) {
      const group = this.groupOf(userId);
      let indexes = open.get(group);
      if (indexes === undefined || indexes.length === most) {
        indexes = [];
        open.set(group, indexes);
        parts.push({ group, indexes });
      }
      indexes.push(index);
    }
    return parts;
  }
}
