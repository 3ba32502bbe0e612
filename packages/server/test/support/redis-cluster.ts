import { setTimeout as delay } from "node:timers/promises";
import { RedisServer } from "./redis-server.ts";

const slots = 16_384;

/** A real Redis Cluster: three masters that share the slots evenly. */
export class RedisCluster implements AsyncDisposable {
  readonly masters: readonly RedisServer[];

  private constructor(masters: readonly RedisServer[]) {
    this.masters = masters;
  }

  static async start(): Promise<RedisCluster> {
    const started = await Promise.allSettled(
      [0, 1, 2].map(() =>
        RedisServer.start({
          settings: { "cluster-enabled": "yes", "cluster-node-timeout": "2000", appendfsync: "always" },
        }),
      ),
    );
    const masters = started.flatMap((server) => (server.status === "fulfilled" ? [server.value] : []));
    const cluster = new RedisCluster(masters);
    try {
      if (masters.length < 3) throw new Error("A master of the Cluster did not start.");
      await cluster.#join();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    const [first, ...others] = this.masters.map(({ port }) => `127.0.0.1:${port}`);
    return `redis://${first}?cluster=true${others.map((other) => `&node=${other}`).join("")}`;
  }

  /** Moves the slot of a key, with all that is in it, to another master. */
  async moveSlot(key: string): Promise<void> {
    const finish = await this.beginMove(key, []);
    await finish();
  }

  /** Begins to move the slot of a key and moves these keys. @returns what moves the rest and ends it */
  async beginMove(key: string, first: readonly string[]): Promise<() => Promise<void>> {
    const clients = this.masters.map((master) => master.client());
    const ids = await Promise.all(clients.map((client) => client.cluster("MYID")));
    const slot = await clients[0]!.cluster("KEYSLOT", key);
    const counts = await Promise.all(clients.map((client) => client.cluster("COUNTKEYSINSLOT", slot)));
    const from = counts.findIndex((count) => count > 0);
    const to = (from + 1) % clients.length;
    const [source, target] = [clients[from]!, clients[to]!];
    const move = async (keys: readonly string[]): Promise<void> => {
      if (keys.length === 0) return;
      await source.migrate("127.0.0.1", this.masters[to]!.port, "", 0, 5_000, "KEYS", ...keys);
    };
    await target.cluster("SETSLOT", slot, "IMPORTING", ids[from]!);
    await source.cluster("SETSLOT", slot, "MIGRATING", ids[to]!);
    await move(first);
    return async () => {
      await move(await source.cluster("GETKEYSINSLOT", slot, 10_000));
      for (const client of [target, source, ...clients]) await client.cluster("SETSLOT", slot, "NODE", ids[to]!);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.masters.map((master) => master[Symbol.asyncDispose]()));
  }

  async #join(): Promise<void> {
    const clients = this.masters.map((master) => master.client());
    const share = Math.ceil(slots / clients.length);
    for (const [index, client] of clients.entries()) {
      const [first, last] = [index * share, Math.min((index + 1) * share, slots) - 1];
      await client.cluster("ADDSLOTS", ...Array.from({ length: last - first + 1 }, (_, offset) => first + offset));
      // Known to each other they would quarrel about who is first.
      await client.cluster("SET-CONFIG-EPOCH", index + 1);
    }
    for (const client of clients) {
      for (const { port } of this.masters) await client.cluster("MEET", "127.0.0.1", port);
    }
    for (const client of clients) {
      while (!(await client.cluster("INFO")).includes("cluster_state:ok")) await delay(50);
    }
  }
}
