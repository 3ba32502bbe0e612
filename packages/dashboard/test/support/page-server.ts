import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import type { SaveRequest } from "@aetherlearn/protocol";
import { mediaDir } from "../../build.mjs";
import type { Student } from "./student-fixture.ts";

export interface PageServer extends AsyncDisposable {
  url: string;
  student: Student;
  /** Paths below /api/v1 that are answered with 503. */
  failing: Set<string>;
  /** Everything that was asked for, to see that no token travels in an address. */
  requests: string[];
  isDemo: boolean;
}

/** The service's own: with it, an inline style or script shows up as a violation. */
export const contentSecurityPolicy: string =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "trusted-types lit-html; require-trusted-types-for 'script'";

const types: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mp4": "video/mp4",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const bench =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Bench</title><script type="module" src="/components.js"></script><main></main></html>';

/** Serves a built page, the components on an empty page (`/bench`), and a service that answers from a fixture. */
export async function startPageServer(distDir: string, student: Student): Promise<PageServer> {
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const page: PageServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    student,
    failing: new Set(),
    requests: [],
    isDemo: true,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return page;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", page.url);
    page.requests.push(url.pathname + url.search);
    response.setHeader("content-security-policy", contentSecurityPolicy);
    if (url.pathname.startsWith("/api/v1/")) return answerApi(page, url, request, response);
    if (url.pathname === "/demo/session") {
      if (!page.isDemo) return void response.writeHead(404).end();
      return json(response, {
        token: "demo-token",
        expiresAt: Date.now() + 3_600_000,
        userId: "demo",
        media: page.student.media,
      });
    }
    if (url.pathname === "/bench") return void response.writeHead(200, { "content-type": "text/html" }).end(bench);
    const path = normalize(decodeURIComponent(url.pathname));
    if (path.startsWith("/demo/media/")) return sendFile(join(mediaDir, path.slice(12)), request, response);
    const file = path === "/" ? "page/index.html" : path === "/components.js" ? "components.js" : `page${path}`;
    return sendFile(join(distDir, file), request, response);
  }
}

async function answerApi(
  page: PageServer,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { student } = page;
  const path = url.pathname.slice("/api/v1".length);
  if (request.headers.authorization !== "Bearer demo-token") return void response.writeHead(401).end();
  if (page.failing.has(path)) return void response.writeHead(503).end();
  if (request.method === "POST") return save(student, path, await bodyOf(request), response);
  const [, group, id = ""] = path.split("/");
  if (path === "/stats/student") return json(response, student.stats);
  if (path === "/me") return json(response, student.profile);
  if (path === "/progress/heatmap/data") {
    const isFilled = url.searchParams.get("fill") === "zero";
    return json(response, isFilled ? student.days : student.days.filter(({ count }) => count > 0));
  }
  if (path === "/stats/course-progress") {
    const list = [...student.progress].map(([courseId, one]) => ({ courseId, progress: one.completionPercentage }));
    return json(response, list);
  }
  if (path === "/stats/achievements" && student.achievements) return json(response, student.achievements);
  const found =
    group === "courses" ? student.courses.get(id) : group === "progress" ? student.progress.get(id) : undefined;
  if (!found) return void response.writeHead(404).end();
  return json(response, found);
}

function save(student: Student, path: string, body: SaveRequest, response: ServerResponse): void {
  const progress = student.progress.get(body.courseId);
  if (!progress) return void response.writeHead(404).end();
  if (path === "/progress/complete") {
    progress.completedLectures = [...new Set([...progress.completedLectures, body.lectureId])];
    return json(response, { message: "completed" });
  }
  progress.watchTimes[body.lectureId] = body.watchTime;
  progress.lastWatchedLecture = body.lectureId;
  return json(response, { message: "synced" });
}

async function bodyOf(request: IncomingMessage): Promise<SaveRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as SaveRequest;
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** With byte ranges, because a browser seeks in a video by asking for them. */
async function sendFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await readFile(path).catch(() => null);
  if (!bytes) return void response.writeHead(404).end();
  const headers = { "content-type": types[extname(path)] ?? "application/octet-stream", "accept-ranges": "bytes" };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  if (!range) return void response.writeHead(200, headers).end(bytes);
  const start = Number(range[1]);
  const end = range[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1;
  response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${end}/${bytes.length}` });
  response.end(bytes.subarray(start, end + 1));
}
