import type { Leases } from "../../ports/leases.ts";
import type { RedisConnection } from "./connection.ts";
import { leaseKey } from "./keys.ts";

/** A lease is a key that runs out. */
export class RedisLeases implements Leases {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async take(task: string, ms: number): Promise<boolean> {
    try {
      return (await this.#connection.general.set(leaseKey(task), "", "PX", ms, "NX")) === "OK";
    } catch {
      // Without Redis the work is done all the same, perhaps twice.
      return true;
    }
  }
}
