import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { fastify, LogController } from "fastify";
import type { Achievements } from "../application/achievements.ts";
import type { Completions } from "../application/completions.ts";
import type { CoverageKeeper } from "../application/coverage-keeper.ts";
import type { CourseEditor } from "../application/course-editor.ts";
import type { CourseReader } from "../application/course-reader.ts";
import type { Dashboard } from "../application/dashboard.ts";
import type { ProgressReader } from "../application/progress-reader.ts";
import type { PositionSaver } from "../application/save-position.ts";
import type { StudentDataKeeper } from "../application/student-data.ts";
import type { Students } from "../application/students.ts";
import { courseImportRoute } from "./course-import.ts";
import { courseEditingRoutes, courseReadingRoutes } from "./courses.ts";
import { dashboardRoutes } from "./dashboard.ts";
import { answerBrokenConnection, failureAnswerer, failureNoter, noSuchRoute, securityHeaders } from "./failures.ts";
import { allowOrigins } from "./cors.ts";
import { Gate, requireMediaType } from "./gate.ts";
import { parseJsonBody } from "./json-body.ts";
import { meRoutes } from "./me.ts";
import { openapi } from "./openapi.ts";
import { coverageRoutes } from "./coverage.ts";
import { progressRoutes } from "./progress.ts";
import { RateLimiter } from "./rate-limit.ts";
import { rootRoutes, type RootDeps } from "./root.ts";
import { openShortcut } from "./save-shortcut.ts";
import { type AnswerSave, saveAnswerer, saveRoute } from "./save.ts";
import type { TokenVerifier } from "./token-verifier.ts";
import { type Api, validatorCompiler, type WireTypes } from "./validation.ts";

export interface HttpDeps extends RootDeps {
  saver: PositionSaver;
  completions: Completions;
  coverage: CoverageKeeper;
  progress: ProgressReader;
  dashboard: Dashboard;
  achievements: Achievements;
  students: Students;
  studentData: StudentDataKeeper;
  editor: CourseEditor;
  courses: CourseReader;
  tokens: TokenVerifier;
  rateLimitPerSecond: number;
  /** Of pages from elsewhere that may use the API. */
  corsOrigins: readonly string[];
  logger: FastifyBaseLogger;
  /** Adds what is shown at `/`. */
  page?: (app: FastifyInstance) => Promise<void>;
}

/** Enough for any request of a student; routes that take more say so. */
const bodyLimit = 4 * 1024;
/** As long as a whole request may take to arrive: the largest import over a slow line. */
const requestTimeout = 120_000;
/** Longer than any path node lets in, so that a long id is judged as an id. */
const maxParamLength = 64 * 1024;

/** The HTTP side of the service, ready to listen or to be injected into. */
export async function createApp(deps: HttpDeps): Promise<FastifyInstance> {
  const noteFailure = failureNoter(deps.logger);
  const fail = failureAnswerer(noteFailure);
  const app = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    requestTimeout,
    routerOptions: { maxParamLength },
    // A request that made it here before the end is served, not refused: clients retry only what failed.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void fail(error, request, reply),
    clientErrorHandler: answerBrokenConnection,
  });
  // No logger of its own for each request: nothing is logged about those that succeed.
  app.setChildLoggerFactory((logger) => logger);
  app.setErrorHandler(fail);
  app.setValidatorCompiler(validatorCompiler);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, parseJsonBody);
  app.decorateRequest("caller");
  allowOrigins(app, deps.corsOrigins);
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(securityHeaders);
    // Before the body is looked at: what is wrong with it does not matter on a path that does not exist.
    done(request.is404 ? noSuchRoute(app, request) : undefined);
  });

  await openapi(app);
  rootRoutes(app.withTypeProvider<WireTypes>(), deps);
  const gate = new Gate({ tokens: deps.tokens, limiter: new RateLimiter(deps.rateLimitPerSecond) });
  const answerSave = saveAnswerer(deps.saver);
  await app.register(async (api) => apiRoutes(api.withTypeProvider<WireTypes>(), { ...deps, gate, answerSave }), {
    prefix: "/api/v1",
  });
  if (deps.page) await app.register(deps.page);
  openShortcut(app, { gate, answerSave, noteFailure, corsOrigins: deps.corsOrigins, bodyLimit });
  await app.ready();
  return app;
}

interface ApiDeps extends HttpDeps {
  gate: Gate;
  answerSave: AnswerSave;
}

async function apiRoutes(api: Api, deps: ApiDeps): Promise<void> {
  const { gate } = deps;
  api.addHook("onRoute", (route) => {
    if (route.schema?.body !== undefined) route.onRequest = [route.onRequest ?? [], requireMediaType].flat();
  });

  await api.register(async (saving) => saveRoute(saving, deps));
  await api.register(async (students) => {
    students.addHook("onRequest", gate.requireToken);
    progressRoutes(students, deps);
    coverageRoutes(students, deps);
    dashboardRoutes(students, deps);
    meRoutes(students, deps);
    courseReadingRoutes(students, deps);
    await students.register(async (editors) => {
      editors.addHook("onRequest", gate.requireEditor);
      courseEditingRoutes(editors, deps);
      courseImportRoute(editors, deps);
    });
  });
}
