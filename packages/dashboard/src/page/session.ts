import type { GetToken } from "../api/progress-api.ts";

declare global {
  interface Window {
    /** A platform that embeds this page says here how it gets a student's token. */
    aetherlearn?: {
      getToken?: GetToken;
      /** Addresses of video files by `course/lecture`, on this origin; a platform with a player of its own has none. */
      media?: Readonly<Record<string, string>>;
    };
  }
}

export interface Session {
  getToken: GetToken;
  /** Addresses of video files by `course/lecture`. */
  media: ReadonlyMap<string, string>;
  /** Whose activity the demo shows, where its data asks for being named. */
  attribution: string | undefined;
}

interface DemoSession {
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  userId: string;
  media?: Record<string, string>;
  attribution?: string;
}

const renewBeforeMs = 60_000;

/**
 * Who is looking at the page, or `null` if nobody told it. The token stays in this closure: not in an address, not in
 * a cookie, not in the browser's storage, so closing the page is signing out.
 */
export async function startSession(): Promise<Session | null> {
  const { getToken: platform, media = {} } = window.aetherlearn ?? {};
  if (platform) return { getToken: platform, media: new Map(Object.entries(media)), attribution: undefined };

  let demo = await fetchDemoSession();
  if (!demo) return null;
  return {
    media: new Map(Object.entries(demo.media ?? {})),
    attribution: demo.attribution,
    async getToken() {
      if (!demo || demo.expiresAt - Date.now() < renewBeforeMs) demo = await fetchDemoSession();
      return demo?.token ?? "";
    },
  };
}

async function fetchDemoSession(): Promise<DemoSession | null> {
  const response = await fetch("/demo/session", { headers: { accept: "application/json" }, cache: "no-store" });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the demo session was answered with ${response.status}`);
  return (await response.json()) as DemoSession;
}
