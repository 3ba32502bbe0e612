import { setTimeout as delay } from "node:timers/promises";
import { between, oneOf } from "../support/chance.ts";
import type { CommandFault } from "../support/mongodb-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import type { Fleet } from "./fleet.ts";
import type { Fault, FaultType } from "./schedule.ts";

/** What a fault takes hold of: two that would take hold of the same come one after the other. */
function targetOf({ type, service }: Fault): string {
  if (type.endsWith(" a service")) return `service ${service}`;
  const store = type.includes("Redis") ? "Redis" : "MongoDB";
  return /^(kill|freeze|flush|fail)/.test(type) ? store : `${store} of service ${service}`;
}

/** Lets a schedule happen, and undoes all of it. */
export class Faults {
  readonly #fleet: Fleet;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #failures: unknown[] = [];
  readonly happened: Map<FaultType, number> = new Map();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Resolves when everything that was begun is over. Rejects when something could not be begun or undone. */
  async run(schedule: readonly Fault[]): Promise<void> {
    const startedAt = performance.now();
    for (const fault of schedule) {
      await delay(Math.max(0, fault.atMs - (performance.now() - startedAt)));
      const target = targetOf(fault);
      const before = this.#busy.get(target) ?? Promise.resolve();
      const happening = before.then(() => this.#happen(fault));
      this.#busy.set(
        target,
        happening.catch((error: unknown) => void this.#failures.push(error)),
      );
    }
    await Promise.all(this.#busy.values());
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "Faults could not be made or undone.");
  }

  async #happen(fault: Fault): Promise<void> {
    this.happened.set(fault.type, (this.happened.get(fault.type) ?? 0) + 1);
    const { type, forMs, service, choice } = fault;
    const { production } = this.#fleet;
    const { redisProxy, mongodbProxy } = this.#fleet.proxiesOf(service);
    const meanwhile = async (): Promise<void> => delay(forMs);
    switch (type) {
      case "kill a service":
        return this.#fleet.replace(service, "SIGKILL", meanwhile);
      case "stop a service":
        return this.#fleet.replace(service, "SIGTERM", meanwhile);
      case "freeze a service":
        return during(await this.#fleet.freeze(service), meanwhile);
      case "slow Redis down":
        return slowDown(redisProxy, fault);
      case "slow MongoDB down":
        return slowDown(mongodbProxy, fault);
      case "cut Redis off":
        return redisProxy.cut();
      case "cut MongoDB off":
        return mongodbProxy.cut();
      case "reset Redis' connections":
        return redisProxy.reset();
      case "reset MongoDB's connections":
        return mongodbProxy.reset();
      case "swallow what goes to Redis":
        return during(redisProxy.blackHole(), meanwhile);
      case "swallow what goes to MongoDB":
        return during(mongodbProxy.blackHole(), meanwhile);
      case "lose an answer of Redis":
        return loseAnswer(
          redisProxy,
          oneOf(() => choice, [/^save /, /^claim /, /^acknowledge /, /^start-over /]),
          forMs,
        );
      case "lose an answer of MongoDB":
        return loseAnswer(
          mongodbProxy,
          oneOf(() => choice, [/: flush$/, /: complete$/, /: settle$/, /^update (?!progress)/]),
          forMs,
        );
      case "kill Redis":
        await production.redis.kill();
        await meanwhile();
        return production.redis.start();
      case "kill MongoDB":
        await production.mongodb.kill();
        await meanwhile();
        return production.mongodb.restart();
      case "freeze Redis":
        production.redis.pause();
        return during(() => production.redis.resume(), meanwhile);
      case "freeze MongoDB":
        production.mongodb.pause();
        return during(() => production.mongodb.resume(), meanwhile);
      case "flush Redis' scripts":
        return flushScripts(production.redis);
      case "fail commands of MongoDB":
        return this.#failCommands(choice, forMs);
    }
  }

  async #failCommands(choice: number, forMs: number): Promise<void> {
    const failure = oneOf(() => choice, commandFaults);
    await using _ = await this.#fleet.production.mongodb.fail(failure, { times: between(() => choice, 1, 20) });
    await delay(forMs);
  }
}

const writes = ["update", "insert", "findAndModify"];

/** Elections, shutdowns, missing majorities, lost connections. */
const commandFaults: readonly CommandFault[] = [
  { failCommands: writes, errorCode: 10_107 },
  { failCommands: writes, errorCode: 11_602 },
  { failCommands: writes, errorCode: 91 },
  { failCommands: writes, writeConcernError: { code: 64, errmsg: "waiting for replication timed out" } },
  { failCommands: ["update"], closeConnection: true },
  { failCommands: ["find", "aggregate"], errorCode: 189 },
  { failCommands: ["find", "update"], closeConnection: true },
];

async function during(end: () => void, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    end();
  }
}

async function flushScripts(redis: RedisServer): Promise<void> {
  const client = redis.client();
  client.on("error", () => undefined);
  try {
    await client.script("FLUSH");
  } finally {
    client.disconnect();
  }
}

/** By up to less than a call to Redis may take, and now and then by more. */
async function slowDown(proxy: TcpProxy, { choice, forMs }: Fault): Promise<void> {
  proxy.distanceMs = oneOf(() => choice, [5, 20, 100, 400, 1_200]);
  await during(
    () => (proxy.distanceMs = 0),
    () => delay(forMs),
  );
}

/** The server has done what it was asked, and the connection ends before it can say so. */
async function loseAnswer(proxy: TcpProxy, match: RegExp, forMs: number): Promise<void> {
  // It may be that nothing of the kind is asked for meanwhile.
  using _ = proxy.holdAnswer(match);
  await delay(forMs);
}
