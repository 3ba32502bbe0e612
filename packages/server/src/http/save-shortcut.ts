/**
 * The shortcut of the hot path. Nearly every request of the service is the same one: a heartbeat as JSON, whole, with a token
 * that is known from the last one. Such a request is served here, before the router, at little more than what HTTP itself
 * costs; docs/decisions/23-a-cheap-save.md has the figures.
 *
 * It is a shortcut, not a second route. What it looks at, it looks at with the functions of the route: the gate, the JSON
 * parser, the schema, the saving, the answer, the problems. Whatever is not plain and right - another path or method, a
 * token not seen yet, a body that is odd, too large or wrong, a student who asks too often - is handed over to the router,
 * body and all, as if nobody had looked at it. Once a save has begun, its outcome is answered here.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { SaveRequest } from "@aetherlearn/protocol/schema";
import type { FastifyInstance } from "fastify";
import { originHeaders } from "./cors.ts";
import { type NoteFailure, problemType, securityHeaders } from "./failures.ts";
import type { Gate } from "./gate.ts";
import { keepBody, parseJson } from "./json-body.ts";
import type { AnswerSave, SaveBody } from "./save.ts";
import { checker } from "./validation.ts";

interface ShortcutDeps {
  readonly gate: Gate;
  readonly answerSave: AnswerSave;
  readonly noteFailure: NoteFailure;
  readonly corsOrigins: readonly string[];
  readonly bodyLimit: number;
}

const path = "/api/v1/progress/save";
const route = `POST ${path}`;
const jsonType = "application/json; charset=utf-8";

const check = checker(SaveRequest, "body");

/** Puts the shortcut in front of the router, until the service stops: last answers say that their connection ends. */
export function openShortcut(app: FastifyInstance, deps: ShortcutDeps): void {
  const ordinary: RequestListener = (request, response) => app.routing(request, response);
  const shortcut = shortcutTo(ordinary, deps);
  app.server.removeAllListeners("request").on("request", shortcut);
  app.addHook("preClose", (done) => {
    app.server.off("request", shortcut).on("request", ordinary);
    done();
  });
}

function shortcutTo(ordinary: RequestListener, deps: ShortcutDeps): RequestListener {
  const headFor = commonHeads(deps.corsOrigins);
  return (request, response) => {
    const caller = isPlain(request, deps.bodyLimit) ? deps.gate.known(request.headers.authorization) : undefined;
    if (caller === undefined) {
      ordinary(request, response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const heartbeat = heartbeatIn(bytes);
      if (heartbeat !== undefined && deps.gate.admits(caller)) {
        void serve(response, deps.answerSave(caller, heartbeat), headFor(request.headers.origin), deps.noteFailure);
        return;
      }
      keepBody(request, bytes);
      ordinary(request, response);
    });
  };
}

function isPlain({ method, url, headers }: IncomingMessage, bodyLimit: number): boolean {
  return (
    url === path &&
    method === "POST" &&
    headers["content-type"] === "application/json" &&
    // NaN, of a body in chunks, is not less than anything.
    Number(headers["content-length"]) <= bodyLimit
  );
}

/** Undefined for everything that the route would complain of. */
function heartbeatIn(bytes: Buffer): SaveBody | undefined {
  try {
    const checked = check(parseJson(bytes));
    return "value" in checked ? checked.value : undefined;
  } catch {
    return undefined;
  }
}

/** What every answer to a page of this origin begins with: names and values in turn, as Node writes them fastest. */
function commonHeads(origins: readonly string[]): (origin?: string) => readonly string[] {
  const headersFor = originHeaders(origins);
  const headFor = (origin?: string): readonly string[] =>
    Object.entries({ ...headersFor(origin), ...securityHeaders }).flat();
  const allowed = new Map(origins.map((origin) => [origin, headFor(origin)]));
  const others = headFor();
  return (origin = "") => allowed.get(origin) ?? others;
}

async function serve(
  response: ServerResponse,
  answer: ReturnType<AnswerSave>,
  head: readonly string[],
  noteFailure: NoteFailure,
): Promise<void> {
  try {
    // ASCII, all of it: as many bytes as characters.
    const text = JSON.stringify(await answer);
    const length = String(text.length);
    response.writeHead(200, [...head, "content-type", jsonType, "content-length", length]).end(text);
  } catch (error) {
    const { status, headers, body } = noteFailure(error, route);
    const more = Object.entries({ ...headers, "content-type": problemType }).flat();
    // As failures.ts does: it tells nobody whether the connection stays.
    response.removeHeader("connection");
    response.writeHead(status, [...head, ...more, "content-length", String(Buffer.byteLength(body))]).end(body);
  }
}
