import type { Browser } from "./browser.ts";
import { keyOf, type UnsentMessage } from "./message.ts";
import { recordedAt, type Snapshot } from "./session.ts";

const prefix = "aetherlearn/";
const maxKept = 64;
const maxAgeMs = 30 * 24 * 3_600_000;

type Kept = UnsentMessage & { readonly keptAt: number };

/**
 * What has not arrived yet, in `localStorage`: at most 64 messages (so at most 32 kB), at most 30 days. Storage may be
 * full, forbidden or edited by anybody; then this keeps less and never throws.
 *
 * Invariants: one message a key, and the newest position wins, whichever tab wrote it. Without an owner nothing is kept:
 * one student's positions must not be sent as another's.
 */
export class UnsentMessages {
  readonly #browser: Browser;
  #owner: string | undefined;

  constructor(browser: Browser, userId: string | undefined) {
    this.#browser = browser;
    this.#owner = userId && fingerprint(userId);
  }

  /** Whose messages these are, if the page has not said so: the token's student. */
  identify(token: string): void {
    const [, claims = ""] = token.split(".");
    attempt(() => {
      const { sub } = JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/"))) as { sub?: string };
      this.#owner ??= sub && fingerprint(sub);
    });
  }

  /** This student's messages, newest first. */
  kept(): UnsentMessage[] {
    const own = `${prefix}${this.#owner}/`;
    const kept = attempt(() => this.#tidy()) ?? [];
    return kept.filter(([key]) => key.startsWith(own)).map(([, message]) => message);
  }

  put(message: UnsentMessage): void {
    this.#change(message, (storage, key) => {
      storage.setItem(key, JSON.stringify({ ...message, keptAt: this.#browser.Date.now() }));
      this.#tidy();
    });
  }

  /** Forgets the message, unless a newer one has taken its place; `isAnyAge`: even then, as their times are wrong. */
  forget(message: UnsentMessage, isAnyAge?: boolean): void {
    this.#change(message, (storage, key) => storage.removeItem(key), isAnyAge);
  }

  #change(message: UnsentMessage, change: (storage: Storage, key: string) => void, isAnyAge?: boolean): void {
    if (this.#owner === undefined) return;
    const key = `${prefix}${this.#owner}/${keyOf(message)}`;
    attempt(() => {
      const storage = this.#browser.localStorage;
      const kept = parse(storage.getItem(key));
      if (isAnyAge || !kept || !isNewer(kept, message)) change(storage, key);
    });
  }

  /** What is kept for anybody, newest first, after the excess, the expired and the unreadable have gone. */
  #tidy(): [key: string, message: Kept][] {
    const storage = this.#browser.localStorage;
    const oldest = this.#browser.Date.now() - maxAgeMs;
    const entries = Object.keys(storage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => [key, parse(storage.getItem(key))] as const)
      .toSorted(([, a], [, b]) => (b?.keptAt ?? 0) - (a?.keptAt ?? 0));
    return entries.flatMap(([key, message], index) => {
      if (message && message.keptAt > oldest && index < maxKept) return [[key, message]];
      storage.removeItem(key);
      return [];
    });
  }
}

function parse(json: string | null): Kept | undefined {
  return attempt(() => JSON.parse(json ?? "") as Kept);
}

/** For saves; completions have no time, and none is newer than another. */
function isNewer(kept: UnsentMessage, message: UnsentMessage): boolean {
  return recordedAt(kept.body as Snapshot) > recordedAt(message.body as Snapshot);
}

function attempt<Result>(operation: () => Result): Result | undefined {
  try {
    return operation();
  } catch {
    return undefined;
  }
}

/** Enough to tell the students of one browser apart without writing down who they are. */
function fingerprint(userId: string): string {
  let hash = 0;
  for (const character of userId) hash = Math.imul(hash, 31) + (character.codePointAt(0) ?? 0);
  return hash.toString(36);
}
