import { courseOf } from "../../packages/server/test/support/process-client.ts";
import { jwtSecret } from "../../packages/server/test/support/process.ts";
import { Production } from "../../packages/server/test/support/production.ts";
import { issueToken } from "../../packages/server/src/demo/token.ts";
import type { RequestPlan } from "../load/request.ts";
import type { Contender } from "../parts/interleaved.ts";
import { Program } from "./program.ts";

const lecturesOfCourse = 50;
const courseCount = 20;

/** A catalog that every measured service knows: `course-0`, `course-1`, ... */
const courses: readonly object[] = Array.from({ length: courseCount }, (_, index) =>
  courseOf(`course-${index}`, lecturesOfCourse),
);

/** What one request of each of so many students looks like. */
export async function requestsOf(kind: RequestPlan["kind"], students: number): Promise<RequestPlan[]> {
  return Promise.all(
    Array.from({ length: students }, async (_, index) => {
      const { token } = await issueToken(jwtSecret, { sub: `student-${index}` });
      return { kind, token, courseId: `course-${index % courseCount}`, lectureId: `l-${index % lecturesOfCourse}` };
    }),
  );
}

/** This service in production mode, on a Redis and a MongoDB of its own. */
export async function startProduction(
  stack: AsyncDisposableStack,
  settings: Readonly<Record<string, string>> = {},
): Promise<Contender & { production: Production }> {
  const production = stack.use(await Production.start({ settings }));
  const service = await production.readyService({ LOG_LEVEL: "info", RATE_LIMIT_PER_SECOND: "1000000" });
  await production.teach(service, ...courses);
  return {
    name: "production",
    url: service.url,
    pids: { service: service.pid, redis: production.redis.pid, mongodb: production.mongodb.pid },
    production,
  };
}

/** The floor, with the answer that the service gives to the first of these requests. */
export async function startFloor(
  stack: AsyncDisposableStack,
  service: Contender,
  [plan]: readonly RequestPlan[],
): Promise<Contender> {
  if (plan === undefined) throw new Error("The floor needs a request to answer.");
  const { token, kind, courseId, lectureId } = plan;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer =
    kind === "read"
      ? await fetch(`${service.url}/api/v1/progress/${courseId}`, { headers })
      : await fetch(`${service.url}/api/v1/progress/save`, {
          method: "POST",
          headers,
          body: JSON.stringify({ courseId, lectureId, watchTime: 1_000 }),
        });
  if (!answer.ok) throw new Error(`The service answered ${answer.status}: ${await answer.text()}`);
  // What Node adds to every answer by itself it adds to the floor's too.
  const own = [...answer.headers].filter(([name]) => !["date", "connection", "keep-alive"].includes(name));
  const input = JSON.stringify({ headers: own.flat(), body: await answer.text() });
  const floor = stack.use(await Program.start("./floor.ts", { input }));
  return { name: "floor", url: floor.url, pids: { service: floor.pid } };
}
