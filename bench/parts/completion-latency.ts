import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Production } from "../../packages/server/test/support/production.ts";
import { someSecret } from "../../packages/server/test/support/receiver.ts";
import { TempFolder } from "../../packages/server/test/support/temp-folder.ts";
import { Load } from "../load/load.ts";
import type { RequestPlan } from "../load/request.ts";
import { cpuMicros } from "../machine/cpu.ts";
import { type Figure, figureOf } from "../machine/statistics.ts";
import { type Contender, startProduction } from "../programs/contenders.ts";
import { Program } from "../programs/program.ts";
import { requestsOf } from "../programs/students.ts";
import { number, withRange } from "../report/format.ts";
import type { Part, Run, Table } from "./part.ts";

const manyWebhooks = 50;
/** How many of them never answer. */
const hangingWebhooks = 10;
/** Students of whom each completes one lecture in each window. */
const students = 60;
const windowMs = 20_000;

interface Window {
  /** Milliseconds, from the moment a completion was meant to be sent. */
  readonly p50: number;
  readonly p99: number;
  /** CPU microseconds for each completion, with all that is done in the background meanwhile. */
  readonly service: number;
  readonly mongodb: number;
}

/** What completions are like with so many webhooks; ratios are to the same round without any. */
interface Completions {
  readonly webhooks: number;
  readonly figures: Readonly<Record<keyof Window, Figure>>;
  readonly ratios: Readonly<Record<keyof Window, Figure>>;
}

export interface CompletionResult {
  readonly perSecond: number;
  readonly rows: readonly Completions[];
}

/** `POST /progress/complete`, each for the first time, with nobody to tell and with many. */
export const completionLatency: Part<CompletionResult> = {
  name: "completion",
  about: "how long completions take, with no webhook and with fifty of which some hang",

  async measure({ isQuick, show }: Run): Promise<CompletionResult> {
    await using stack = new AsyncDisposableStack();
    show("starting Redis, MongoDB and the service twice");
    const contenders = [
      { webhooks: 0, contender: await startWith(stack, 0), windows: [] as Window[] },
      { webhooks: manyWebhooks, contender: await startWith(stack, manyWebhooks), windows: [] as Window[] },
    ];
    const rounds = isQuick ? 2 : 4;
    const ms = isQuick ? windowMs / 3 : windowMs;
    const count = isQuick ? students / 3 : students;
    for (let round = 0; round <= rounds; round++) {
      const requests = (await requestsOf("complete", count)).map((plan) => ({ ...plan, lectureId: `l-${round}` }));
      for (const { webhooks, contender, windows } of contenders) {
        show(`${round === 0 ? "warming up" : `round ${round} of ${rounds}`}: ${webhooks} webhooks`);
        const window = await completeAll(contender, requests, ms);
        if (round > 0) windows.push(window);
      }
    }
    const [without = []] = contenders.map(({ windows }) => windows);
    const rows = contenders.map(({ webhooks, windows }) => ({
      webhooks,
      figures: figuresOf(windows),
      ratios: figuresOf(windows.map((window, round) => ratioOf(window, without[round] as Window))),
    }));
    return { perSecond: count / (ms / 1000), rows };
  },

  tables({ perSecond, rows }): Table[] {
    const [first] = rows;
    return [
      {
        heading:
          `${number(perSecond, 0)} completions per second on one process, milliseconds: ` +
          `median of ${first?.figures.p50.rounds} rounds (lowest-highest)`,
        columns: ["", "p50", "p99", "p50, ratio", "p99, ratio"],
        rows: rows.map(({ webhooks, figures, ratios }) => [
          nameOf(webhooks),
          ...[figures.p50, figures.p99].map((figure) => withRange(figure)),
          ...[ratios.p50, ratios.p99].map((figure) => withRange(figure, 2)),
        ]),
      },
      {
        heading: "CPU for each completion and all that follows, us",
        columns: ["", "service", "MongoDB", "service, ratio", "MongoDB, ratio"],
        rows: rows.map(({ webhooks, figures, ratios }) => [
          nameOf(webhooks),
          ...[figures.service, figures.mongodb].map((figure) => withRange(figure, 0)),
          ...[ratios.service, ratios.mongodb].map((figure) => withRange(figure, 1)),
        ]),
      },
    ];
  },
};

/** A service with stores of its own, so that nobody pays for another one's deliveries but with the machine's time. */
async function startWith(stack: AsyncDisposableStack, webhooks: number): Promise<Contender> {
  const stores = stack.use(await Production.start());
  if (webhooks === 0) return startProduction(stores);
  const receiver = stack.use(await Program.start("./receiver.ts"));
  const WEBHOOKS_FILE = stack.use(await TempFolder.create()).file("webhooks.json");
  const list = Array.from({ length: webhooks }, (_, index) => {
    const path = index < hangingWebhooks ? "never" : "at-once";
    return { id: `webhook-${index}`, url: `${receiver.url}/${path}/${index}`, secret: someSecret() };
  });
  writeFileSync(WEBHOOKS_FILE, JSON.stringify(list));
  return startProduction(stores, { WEBHOOKS_FILE });
}

/** Each of these once, spread over the window. */
async function completeAll({ url, pids }: Contender, requests: readonly RequestPlan[], ms: number): Promise<Window> {
  const rota = { name: "completions", periodMs: ms, requests };
  await using load = await Load.connect({ pace: "steady", url, rotas: [rota] });
  const used = (): Record<string, number> =>
    Object.fromEntries(Object.entries(pids).map(([process, pid]) => [process, cpuMicros(pid)]));
  const before = used();
  load.start();
  await delay(ms);
  // A failure makes this throw.
  const { answered } = load;
  const after = used();
  const completions = (await load.report()).latencies["completions"];
  if (completions === undefined || completions.count < requests.length / 2) throw new Error("Too few were answered.");
  const perCompletion = (process: string): number => ((after[process] ?? 0) - (before[process] ?? 0)) / answered;
  const { p50, p99 } = completions;
  return { p50, p99, service: perCompletion("service"), mongodb: perCompletion("mongodb") };
}

const measures = ["p50", "p99", "service", "mongodb"] as const;

function figuresOf(windows: readonly Window[]): Completions["figures"] {
  const entries = measures.map((measure) => [measure, figureOf(windows.map((window) => window[measure]))] as const);
  return Object.fromEntries(entries) as Completions["figures"];
}

function ratioOf(window: Window, base: Window): Window {
  return Object.fromEntries(measures.map((measure) => [measure, window[measure] / base[measure]])) as unknown as Window;
}

function nameOf(webhooks: number): string {
  return webhooks === 0 ? "no webhook" : `${webhooks} webhooks, ${hangingWebhooks} of which never answer`;
}
