import { between, oneOf, seeded } from "../support/chance.ts";

/** Everything that a run lets happen. */
export const faultTypes = [
  "kill a service",
  "stop a service",
  "freeze a service",
  "slow Redis down",
  "cut Redis off",
  "reset Redis' connections",
  "swallow what goes to Redis",
  "lose an answer of Redis",
  "kill Redis",
  "freeze Redis",
  "flush Redis' scripts",
  "slow MongoDB down",
  "cut MongoDB off",
  "reset MongoDB's connections",
  "swallow what goes to MongoDB",
  "lose an answer of MongoDB",
  "kill MongoDB",
  "freeze MongoDB",
  "fail commands of MongoDB",
] as const;

export type FaultType = (typeof faultTypes)[number];

export interface Fault {
  readonly type: FaultType;
  /** Milliseconds after the round began. */
  readonly atMs: number;
  /** How long it lasts; some only happen. */
  readonly forMs: number;
  /** Which of the services, or whose connections. */
  readonly service: number;
  /** Whatever else there is to choose. */
  readonly choice: number;
}

export const services = 3;

/** How often something happens. */
const pauseMs = { least: 150, most: 1_500 };
/** Most faults pass soon; some outlast timeouts, and now and then one outlasts a lease. */
const lengths = [100, 300, 800, 1_500, 3_000, 6_000];
const longest = 17_000;

/** The faults of one round: the same for the same seed. */
export function scheduleOf(seed: number, lengthMs: number): Fault[] {
  const random = seeded(seed);
  const faults: Fault[] = [];
  for (let atMs = 0; ;) {
    atMs += between(random, pauseMs.least, pauseMs.most);
    const type = oneOf(random, faultTypes);
    const isLong = random() < 0.04;
    const forMs = isLong ? longest : oneOf(random, lengths);
    const fault = { type, atMs, forMs, service: between(random, 0, services - 1), choice: random() };
    if (atMs >= lengthMs) return faults;
    faults.push(fault);
  }
}
