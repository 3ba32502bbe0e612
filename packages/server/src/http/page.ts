import { existsSync } from "node:fs";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { HttpError } from "./problem.ts";

/** What a demo adds to the student's page: somebody to be, and videos to watch. */
export interface DemoPage {
  /** A token for the demo student. `expiresAt` is in milliseconds since 1970. */
  readonly issueToken: () => Promise<{ token: string; expiresAt: number }>;
  readonly userId: string;
  /** Videos by `course/lecture`: file names in `mediaFolder`. */
  readonly videos: Readonly<Record<string, string>>;
  readonly mediaFolder: string;
  /** Whose activity is shown, where its licence asks for being named. */
  readonly attribution: string;
}

export interface PageOptions {
  /** Holds index.html and assets/. */
  readonly folder: string;
  readonly demo?: DemoPage | undefined;
}

const mediaPath = "/demo/media";

/** No script, style or address of anybody else, nothing inline, no frame around it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "font-src", "media-src", "connect-src"].map((kind) => `${kind} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((kind) => `${kind} 'none'`),
  "trusted-types lit-html",
  "require-trusted-types-for 'script'",
].join("; ");

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Serves the student's page at `/`. A checkout that has not built it serves the API alone. */
export async function studentPage(app: FastifyInstance, { folder, demo }: PageOptions): Promise<void> {
  if (!existsSync(folder)) {
    app.log.warn("the student's page is not built: npm run build -w @aetherlearn/dashboard");
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    cacheControl: false,
    setHeaders(reply) {
      void reply.header("content-security-policy", contentSecurityPolicy);
      // Files keep their names from one version to the next: ask every time, most answers are 304.
      void reply.header("cache-control", "no-cache");
      void reply.header("referrer-policy", "no-referrer");
    },
  });
  if (demo !== undefined) await demoRoutes(app, demo);
}

async function demoRoutes(app: FastifyInstance, demo: DemoPage): Promise<void> {
  const media = Object.fromEntries(
    Object.entries(demo.videos).map(([lecture, file]) => [lecture, `${mediaPath}/${file}`]),
  );
  app.get("/demo/session", { schema: { hide: true } }, async ({ headers }) => {
    // Another site may point its own name at this machine; its pages must not get a token.
    if (!loopbackHost.test(headers.host ?? "")) {
      throw new HttpError("forbidden", "A demo gives tokens only to pages that were opened from this machine.");
    }
    const { token, expiresAt } = await demo.issueToken();
    return { token, expiresAt, userId: demo.userId, media, attribution: demo.attribution };
  });
  await app.register(fastifyStatic, {
    root: demo.mediaFolder,
    prefix: mediaPath,
    decorateReply: false,
    wildcard: false,
    globIgnore: ["*.sh"],
  });
}
