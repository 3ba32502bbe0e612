import { mongodbNoise } from "../support/mongodb-requests.ts";
import { Client, courseOf } from "../support/process-client.ts";
import { Production } from "../support/production.ts";
import { redisNoise } from "../support/redis-requests.ts";
import { stockSchool, manyCourses } from "../production/large-school.ts";
import { Burst } from "../production/burst.ts";
import { say, showTable } from "./table.ts";

type Operation = readonly [name: string, run: (client: Client) => Promise<unknown>];

const get =
  (path: string) =>
  (client: Client): Promise<unknown> =>
    client.call("GET", `/api/v1${path}`);

const operations: readonly Operation[] = [
  ["POST /progress/save", (client) => client.save("algebra", "l-0", 5)],
  ["GET /progress/:courseId", (client) => client.progress("algebra")],
  ["POST /progress/complete, first time", (client) => client.complete("algebra", "l-1")],
  ["POST /progress/complete, again", (client) => client.complete("algebra", "l-1")],
  ["DELETE .../completion", (client) => client.undo("algebra", "l-1")],
  ["DELETE /progress/:courseId", (client) => client.startOver("algebra")],
  ["GET /stats/student", get("/stats/student")],
  ["GET /stats/course-progress", get("/stats/course-progress")],
  ["GET /progress/heatmap/data", get("/progress/heatmap/data")],
  ["POST /progress/heatmap/mark", (client) => client.call("POST", "/api/v1/progress/heatmap/mark")],
];

/** Counts what each operation waits for, on the wire. */
export async function measureRoundTrips(): Promise<void> {
  say("Starting Redis, MongoDB and a service ...\n");
  await using production = await Production.start({ settings: { FLUSH_INTERVAL_MS: "86400000" } });
  const proxies = await production.proxies({ distanceMs: 25 });
  const service = await production.readyService({}, proxies);
  await production.teach(service, courseOf("algebra", 3));
  await stockSchool(await production.database());

  async function tripsOf(work: () => Promise<unknown>): Promise<[redis: string, mongodb: string]> {
    let toMongodb: string[][] = [];
    const toRedis = await proxies.redisProxy.tripsOf(async () => {
      toMongodb = await proxies.mongodbProxy.tripsOf(work, mongodbNoise);
    }, redisNoise);
    return [shown(toRedis), shown(toMongodb)];
  }

  const rows: string[][] = [["operation", "Redis", "MongoDB"]];
  {
    await using burst = await Burst.of(service, 50);
    await burst.save("algebra", 0);
    rows.push(["50 saves of one turn", ...(await tripsOf(() => burst.save("algebra", 1)))]);
  }
  for (const [name, run] of operations) {
    // Another student goes first, so that connections are open and scripts and course are known.
    await run(await Client.of(service.url, `before-${rows.length}`)).catch(() => undefined);
    const student = await Client.of(service.url, "student");
    rows.push([name, ...(await tripsOf(() => run(student)))]);
  }
  const busy = await Client.of(service.url, manyCourses);
  const dashboard = get("/stats/course-progress");
  await dashboard(busy);
  rows.push(["GET /stats/course-progress, 1,001 courses", ...(await tripsOf(() => dashboard(busy)))]);
  showTable("Round trips of each operation, with what is asked (| is what goes at once or one after the other)", rows);
}

function shown(trips: readonly (readonly string[])[]): string {
  return `${trips.length}${trips.length === 0 ? "" : `  ${trips.map((trip) => trip.join(" + ")).join(" | ")}`}`;
}
