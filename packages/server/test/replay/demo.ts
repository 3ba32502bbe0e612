/** `npm run demo:replay`: real students watch real videos again, on a running service, faster than they did. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { issueToken } from "../../src/demo/token.ts";
import { counted } from "../../src/ops/counted.ts";
import { runCommand } from "../support/command-line.ts";
import { ApiClient, ApiError } from "./api-client.ts";
import { catalogOf, studentsWith } from "./audience.ts";
import { help, type Options, optionsOf } from "./demo-options.ts";
import { replay, type ReplayResult, type Seat } from "./live-replay.ts";
import { PatientClient } from "./patient-client.ts";
import { readWatchSessions, type WatchSession } from "./real-data.ts";

const secondsBetweenSaves = 5;

/** There is nothing to watch on; the message says what to do. */
class NoDemo extends Error {}

/** The students' tokens and one that may add courses. */
async function signIn(students: readonly WatchSession[][], given: string | undefined) {
  if (given !== undefined) return { seats: [{ token: given, sessions: students.flat() }], editor: given };
  const secret = readSecret();
  const seats: Seat[] = [];
  for (const [index, sessions] of students.entries()) {
    const { token } = await issueToken(secret, { sub: `replay-${index + 1}` });
    seats.push({ token, sessions });
  }
  return { seats, editor: (await issueToken(secret, { sub: "replay-instructor", role: "instructor" })).token };
}

function readSecret(): string {
  const file = join(dirname(process.env["DATA_FILE"] ?? "./data/progress.sqlite"), "demo-secret");
  if (existsSync(file)) return readFileSync(file, "utf8");
  throw new NoDemo(`There is no demo secret at ${file}: set DATA_FILE as the demo has it, or give --token.`);
}

async function checkListening(url: string): Promise<void> {
  await fetch(`${url}/health/live`).catch((cause: unknown) => {
    throw new NoDemo(`Nothing listens at ${url}: run "npm start" in another terminal, or give --url.`, { cause });
  });
}

async function addCourses(client: PatientClient, token: string, sessions: readonly WatchSession[]): Promise<void> {
  try {
    await client.call(token, "POST", "/courses/import", catalogOf(sessions));
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) throw error;
    const reason = error.status === 401 ? "does not accept the token" : "lets only instructors add courses";
    throw new NoDemo(
      `The service ${reason}: give --token with one that it accepts, with the role instructor, or set DATA_FILE as the demo has it.`,
      {
        cause: error,
      },
    );
  }
}

function summaryOf({ sent, acknowledged, verified, wrong, seconds, latencies }: ReplayResult, resent: number): string {
  const percentile = (share: number): string => (latencies[Math.floor(share * (latencies.length - 1))] ?? 0).toFixed(1);
  const rows = [
    ["saves sent", `${sent} in ${seconds.toFixed(1)} s, ${Math.round(sent / seconds)} each second`],
    ["acknowledged", `${acknowledged}${resent > 0 ? `, ${counted(resent, "request")} sent more than once` : ""}`],
    ["verified", `the positions after ${counted(verified, "session")}, to the millisecond; ${wrong.length} wrong`],
    ["latency", `p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`],
  ];
  return rows.map(([name = "", text]) => `  ${name.padEnd(14)} ${text}\n`).join("");
}

async function watch({ url, sessions: wanted, speed, token }: Options): Promise<number> {
  await checkListening(url);
  const sessions = readWatchSessions();
  const students = studentsWith(sessions, wanted);
  const { seats, editor } = await signIn(students, token);
  using client = new PatientClient(new ApiClient(url));
  await addCourses(client, editor, sessions);
  const count = students.flat().length;
  process.stdout.write(
    `${counted(count, "session")} of ${counted(students.length, "real student")}, ${speed} times as fast, on ${url}\n`,
  );
  const result = await replay(client, seats, (secondsBetweenSaves * 1000) / speed);
  process.stdout.write(summaryOf(result, client.resent));
  for (const difference of result.wrong.slice(0, 10)) process.stdout.write(`  WRONG: ${difference}\n`);
  return result.wrong.length > 0 ? 1 : 0;
}

async function run(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return 0;
  }
  try {
    return await watch(options);
  } catch (error) {
    if (!(error instanceof NoDemo || error instanceof ApiError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

await runCommand("demo:replay", run);
