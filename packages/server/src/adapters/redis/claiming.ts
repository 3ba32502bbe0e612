import { type Claim, maxDueLeadMs } from "../../ports/position-buffer.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { dirtyKey, keyOfMember, poisonKey, progressPrefix, type Shard, startedPrefix } from "./keys.ts";
import { type ClaimReply, claimOf } from "./replies.ts";
import type { ShardCalls } from "./shard-calls.ts";

/** What claim.lua returns. */
type ClaimAnswer = readonly [
  now: number,
  claims: readonly ClaimReply[],
  missing: readonly string[],
  broken: readonly (readonly [member: string, reason: string])[],
];

/**
 * Leases keys over all shards. Every walk begins at another shard, so that several flushers seldom meet and no shard is
 * always last. On one server it is one call. In a Cluster the limit is shared out over the shards and asked of all at once;
 * only what some shards could not fill is asked of the others again.
 */
export class Claiming {
  readonly #calls: ShardCalls;
  readonly #maxLeadMs: number;
  readonly #telemetry: Pick<Telemetry, "claimedKeyMissing" | "backgroundFailed">;

  constructor(
    calls: ShardCalls,
    flushIntervalMs: number,
    telemetry: Pick<Telemetry, "claimedKeyMissing" | "backgroundFailed">,
  ) {
    this.#calls = calls;
    this.#maxLeadMs = maxDueLeadMs(flushIntervalMs);
    this.#telemetry = telemetry;
  }

  async claim(limit: number, leaseMs: number, isAll: boolean): Promise<Claim[]> {
    const claims: Claim[] = [];
    let open = fromAnywhere(this.#calls.groups).map(fromAnywhere);
    while (open.length > 0 && claims.length < limit) {
      const asked = open.slice(0, limit - claims.length);
      const share = Math.floor((limit - claims.length) / asked.length);
      const answers = await Promise.allSettled(asked.map((shards) => this.#ask(shards, share, leaseMs, isAll)));
      const failure = answers.find((answer) => answer.status === "rejected");
      // A node that is down keeps its keys to itself; the others' are claimed, and must not be lost to their leases.
      if (failure !== undefined && claims.length === 0 && answers.every(({ status }) => status === "rejected")) {
        throw failure.reason;
      }
      const found = answers.map((answer) => (answer.status === "fulfilled" ? answer.value : []));
      claims.push(...found.flat());
      const exhausted = new Set(asked.filter((_, index) => (found[index] ?? []).length < share));
      open = open.filter((shards) => !exhausted.has(shards));
    }
    return claims;
  }

  async #ask(shards: readonly Shard[], share: number, leaseMs: number, isAll: boolean): Promise<Claim[]> {
    const keys = shards.flatMap((shard) => [dirtyKey(shard), poisonKey(shard)]);
    const prefixes = shards.flatMap((shard) => [progressPrefix(shard), startedPrefix(shard)]);
    const args = [share, leaseMs, isAll ? "all" : "due", this.#maxLeadMs, ...prefixes];
    const [now, claims, missing, broken] = (await this.#calls.run("claim", keys, args)) as ClaimAnswer;
    for (const member of missing) this.#telemetry.claimedKeyMissing(keyOfMember(member));
    for (const [member, reason] of broken) {
      this.#telemetry.backgroundFailed("claim", new Error(`The buffered key of ${member} is unusable: ${reason}`));
    }
    return claims.map((claim) => claimOf(claim, now));
  }
}

/** The same items in the same order, begun anywhere. */
function fromAnywhere<Item>(items: readonly Item[]): Item[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
