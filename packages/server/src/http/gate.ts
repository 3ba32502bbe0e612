import type { FastifyRequest, preValidationAsyncHookHandler } from "fastify";
import { HttpError } from "./problem.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { type Caller, invalidToken, type TokenVerifier } from "./token-verifier.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sent it; set by the gate before anything else of the request is looked at. */
    caller: Caller;
  }
}

type Hook = (request: FastifyRequest) => Promise<void>;

const bearerPrefix = "Bearer ";
const bearer = /^Bearer +(.*)$/i;
const plainText = /^text\/plain *(;|$)/i;
const editorRoles: ReadonlySet<string> = new Set(["instructor", "admin"]);

/** Who may come in, and how often. Each check is a hook: routes add those they need, in the order given here. */
export class Gate {
  readonly #tokens: TokenVerifier;
  readonly #limiter: RateLimiter;

  constructor(deps: { tokens: TokenVerifier; limiter: RateLimiter }) {
    this.#tokens = deps.tokens;
    this.#limiter = deps.limiter;
  }

  /** Whom an Authorization header stands for, if its token has been let in before and still holds. */
  known(authorization = ""): Caller | undefined {
    return authorization.startsWith(bearerPrefix)
      ? this.#tokens.known(authorization.slice(bearerPrefix.length))
      : undefined;
  }

  /** False when the student asks too often; true counts as a request. */
  admits({ userId }: Caller): boolean {
    return this.#limiter.take(userId);
  }

  /** 401 without a good token, 429 when the student asks too often. */
  readonly requireToken: Hook = (request) => this.#admit(request, tokenOfHeader(request));

  /** Like {@link requireToken}, but lets a beacon in without: browsers send those with no header, the token is in the body. */
  readonly requireTokenUnlessBeacon: Hook = async (request) => {
    if (!isBeacon(request)) await this.requireToken(request);
  };

  /** The second half of {@link requireTokenUnlessBeacon}, when the body has been read. */
  readonly requireTokenOfBeacon: preValidationAsyncHookHandler = async (request) => {
    if (!isPlainText(request)) return;
    const token = tokenOfBody(request.body);
    if (isBeacon(request)) await this.#admit(request, token);
    else if (token === undefined) throw noBeacon();
  };

  /** 403 for whom courses are not to be changed by. */
  readonly requireEditor: Hook = async ({ caller }) => {
    if (caller.roles.some((role) => editorRoles.has(role))) return;
    throw new HttpError("forbidden", "Only instructors and admins change courses: use a token with such a role.");
  };

  async #admit(request: FastifyRequest, token: string | undefined): Promise<void> {
    if (token === undefined) throw noToken();
    request.caller = this.#tokens.known(token) ?? (await this.#tokens.verify(token));
    if (!this.admits(request.caller)) throw tooOften();
  }
}

/** 415 when a body was promised without saying what it is. */
export const requireMediaType: Hook = async ({ headers }) => {
  if (headers["content-type"] !== undefined) return;
  throw new HttpError("unsupported_media_type", 'Say what the body is: send "Content-Type: application/json".');
};

function isBeacon(request: FastifyRequest): boolean {
  return !request.headers.authorization && isPlainText(request);
}

function isPlainText({ headers }: FastifyRequest): boolean {
  return plainText.test(headers["content-type"] ?? "");
}

function tokenOfHeader({ headers }: FastifyRequest): string | undefined {
  return bearer.exec(headers.authorization ?? "")?.[1];
}

function tokenOfBody(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, "token")) return undefined;
  const { token } = body as { token: unknown };
  if (typeof token !== "string") throw invalidToken("it is not a string");
  return token;
}

function noToken(): HttpError {
  return new HttpError("unauthorized", 'This needs a token: send "Authorization: Bearer <JWT>".', {
    headers: { "www-authenticate": "Bearer" },
  });
}

function noBeacon(): HttpError {
  return new HttpError(
    "unsupported_media_type",
    'Plain text is for beacons, with the token in the body: send "Content-Type: application/json".',
  );
}

function tooOften(): HttpError {
  return new HttpError("rate_limited", "Too many requests of one student: wait a second.", {
    headers: { "retry-after": "1" },
  });
}
