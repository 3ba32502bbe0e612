import type { CourseProgressResponse, Problem, SaveResponse } from "@aetherlearn/protocol";
import type { TrackOptions } from "./api.ts";
import type { Browser } from "./browser.ts";
import type { Message } from "./message.ts";

const timeoutMs = 10_000;
const longestRetryAfterMs = 3_600_000;

/** Any body of the service; which fields are there depends on the message and the status. */
export type ReplyBody = Partial<Omit<SaveResponse & CourseProgressResponse & Problem, "message">>;

export interface Reply {
  /** HTTP status; 0 when none came: no network, no token, a time-out, a content blocker. */
  readonly status: number;
  readonly body: ReplyBody;
  /** Monotonic instant at which the message was sent. */
  readonly sentAt: number;
  readonly retryAfterMs?: number | undefined;
}

/** Sends one message and waits for its reply, at most 10 s. Never rejects. A socket would be a second one of these. */
export type Transport = (message: Message, abort: AbortController) => Promise<Reply>;

/** The last resort of a page that goes away, where `fetch` cannot outlive it; nobody sees the reply. */
export type Beacon = (message: Message) => void;

export function httpTransport(
  browser: Browser,
  { endpoint, getToken }: TrackOptions,
  onToken: (token: string) => void,
): [Transport, Beacon | undefined] {
  let token: string | undefined;
  const urlOf = ({ kind, body }: Message): string =>
    `${endpoint}/progress/${kind === "load" ? `${body.courseId}?lecture=${body.lectureId}` : kind}`;

  const ask = async (message: Message, signal: AbortSignal): Promise<Response> => {
    if (token === undefined) {
      token = await getToken();
      onToken(token);
    }
    return browser.fetch(urlOf(message), requestOf(message, token, signal));
  };

  const exchange = async (message: Message, signal: AbortSignal): Promise<Reply> => {
    const sentAt = browser.performance.now();
    let response = await ask(message, signal);
    if (isUnauthorized(response)) {
      token = undefined;
      response = await ask(message, signal);
    }
    // A sign-in page of the local network also answers 200: only JSON is an answer of the service.
    const json: Promise<unknown> = response.json();
    const body = response.ok ? await json : await json.catch(() => undefined);
    return {
      status: response.status,
      body: Object(body) as ReplyBody,
      sentAt,
      retryAfterMs: retryAfterMs(response.headers, browser),
    };
  };

  const transport: Transport = (message, abort) =>
    new Promise((resolve) => {
      const giveUp = (): void => {
        abort.abort();
        resolve({ status: 0, body: {}, sentAt: 0 });
      };
      const timer = browser.setTimeout(giveUp, timeoutMs);
      exchange(message, abort.signal)
        .then(resolve, giveUp)
        .finally(() => browser.clearTimeout(timer));
    });

  const beacon: Beacon = (message) => {
    browser.navigator.sendBeacon(urlOf(message), JSON.stringify({ ...message.body, token }));
  };
  return [transport, "keepalive" in browser.Request.prototype ? undefined : beacon];
}

/** No cookies, no caches, and able to outlive the page. */
function requestOf({ kind, body }: Message, token: string, signal: AbortSignal): RequestInit {
  const isLoad = kind === "load";
  return {
    method: isLoad ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: isLoad ? null : JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    keepalive: true,
    signal,
  };
}

/** The token is missing, over, or not enough. */
export function isUnauthorized({ status }: { readonly status: number }): boolean {
  return status === 401 || status === 403;
}

/** Seconds or a date; a date counts from the service's own `Date`, as the device's clock may be wrong. */
function retryAfterMs(headers: Headers, browser: Browser): number | undefined {
  const value = headers.get("retry-after");
  if (!value) return undefined;
  const now = Date.parse(headers.get("date") ?? "") || browser.Date.now();
  const ms = Number(value) * 1000 || Date.parse(value) - now;
  return Math.min(Math.max(0, ms), longestRetryAfterMs) || 0;
}
