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
        RedisServer.start({ settings: { "cluster-enabled": "yes", "cluster-node-timeout": "2000" } }),
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.masters.map((master) => master[Symbol.asyncDispose]()));
  }

  async #join(): Promise<void> {
    const clients = this.masters.map((master) => master.client());
    const share = Math.ceil(slots / clients.length);
    try {
      for (const [index, client] of clients.entries()) {
        const [first, last] = [index * share, Math.min((index + 1) * share, slots) - 1];
        await client.cluster("ADDSLOTS", ...Array.from({ length: last - first + 1 }, (_, offset) => first + offset));
        await client.cluster("SET-CONFIG-EPOCH", index + 1);
        for (const { port } of this.masters) await client.cluster("MEET", "127.0.0.1", port);
      }
      for (const client of clients) {
        while (!(await client.cluster("INFO")).includes("cluster_state:ok")) await delay(50);
      }
    } finally {
      for (const client of clients) client.disconnect();
    }
  }
}
