import type { ServiceProcess } from "../support/process.ts";
import { becomesReady, Production, type Proxies } from "../support/production.ts";
import { services } from "./schedule.ts";

interface Member {
  readonly proxies: Required<Proxies>;
  service: ServiceProcess;
  isUp: boolean;
}

/** Three processes of the service, each with connections of its own to one Redis and one MongoDB. */
export class Fleet implements AsyncDisposable {
  readonly production: Production;
  readonly #members: readonly Member[];

  private constructor(production: Production, members: readonly Member[]) {
    this.production = production;
    this.#members = members;
  }

  static async start(): Promise<Fleet> {
    const settings = { FLUSH_INTERVAL_MS: "300", LOG_LEVEL: "silent" };
    const production = await Production.start({ redis: { settings: { appendfsync: "always" } }, settings });
    try {
      const members: Member[] = [];
      while (members.length < services) {
        const proxies = await production.proxies();
        members.push({ proxies, service: await production.readyService({}, proxies), isUp: true });
      }
      return new Fleet(production, members);
    } catch (error) {
      await production[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where a load balancer would send a request now. */
  get urls(): string[] {
    return this.#members.filter(({ isUp }) => isUp).map(({ service }) => service.url);
  }

  proxiesOf(which: number): Required<Proxies> {
    return this.#member(which).proxies;
  }

  async freeze(which: number): Promise<() => void> {
    const { service } = this.#member(which);
    await service.pause();
    return () => service.signal("SIGCONT");
  }

  /** Ends a process by this signal, and after a while starts another in its place. */
  async replace(which: number, signal: "SIGKILL" | "SIGTERM", whileDown: () => Promise<void>): Promise<void> {
    const member = this.#member(which);
    member.isUp = false;
    member.service.signal(signal);
    const { code } = await member.service.ended;
    if (signal === "SIGTERM" && code !== 0) throw new Error(`A service that was told to stop ended with ${code}.`);
    await whileDown();
    member.service = await this.production.service({}, member.proxies);
    member.isUp = true;
  }

  async teach(...courses: object[]): Promise<void> {
    await this.production.teach(this.#member(0).service, ...courses);
  }

  /** Resolves when every process can do its work. */
  async healed(): Promise<void> {
    await Promise.all(
      this.#members.map(async ({ service }) => {
        await becomesReady(service).catch(async (cause: unknown) => {
          const said = await (await fetch(`${service.url}/health/ready`)).text();
          throw new Error(`A service does not get ready again: ${said}`, { cause });
        });
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.production[Symbol.asyncDispose]();
  }

  #member(which: number): Member {
    const member = this.#members[which];
    if (member === undefined) throw new Error(`There is no service ${which}.`);
    return member;
  }
}
