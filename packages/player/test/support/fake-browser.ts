import { webcrypto } from "node:crypto";
import type { Browser } from "../../src/browser.ts";
import type { FakeClock } from "./fake-clock.ts";
import { FakeLocks } from "./fake-locks.ts";
import type { FakeService } from "./fake-service.ts";

/** Like the real one its entries are its own keys, and it may be full or forbidden. */
export class FakeStorage {
  getItem(key: string): string | null {
    return ((this as Record<string, unknown> & this)[key] as string) ?? null;
  }
  setItem(key: string, value: string): void {
    if (isFull.has(this)) throw new DOMException("full", "QuotaExceededError");
    Object.assign(this, { [key]: value });
  }
  removeItem(key: string): void {
    Reflect.deleteProperty(this, key);
  }
}
const isFull = new WeakSet<FakeStorage>();

export function fill(storage: FakeStorage): void {
  isFull.add(storage);
}

/** What of a browser outlives a page: reloading makes a new `FakeBrowser` on the same profile. */
export interface Profile {
  readonly storage: FakeStorage;
  readonly locks: FakeLocks | undefined;
}

export function newProfile(): Profile & { locks: FakeLocks } {
  return { storage: new FakeStorage(), locks: new FakeLocks() };
}

/** One tab. */
export class FakeBrowser extends EventTarget {
  readonly document: EventTarget & { hidden: boolean };
  readonly location: { search: string } = { search: "" };
  readonly navigator: {
    onLine: boolean;
    locks: FakeLocks | undefined;
    sendBeacon: (url: string, body: string) => boolean;
  };
  readonly beacons: { url: string; body: string }[] = [];
  readonly performance: { now: () => number };
  readonly Date: { now: () => number };
  readonly Math: { random: () => number } = { random: () => this.chance };
  readonly crypto: typeof webcrypto = webcrypto;
  readonly fetch: FakeService["fetch"];
  readonly setTimeout: FakeClock["setTimeout"];
  readonly clearTimeout: FakeClock["clearTimeout"];
  Request: { prototype: object } = { prototype: { keepalive: false } };
  isStorageForbidden = false;
  chance = 0.5;
  readonly #profile: Profile;

  constructor(clock: FakeClock, service: FakeService, profile: Profile = newProfile()) {
    super();
    this.#profile = profile;
    this.document = Object.assign(new EventTarget(), { hidden: false });
    this.navigator = {
      onLine: true,
      locks: profile.locks,
      sendBeacon: (url, body) => this.beacons.push({ url, body }) > 0,
    };
    this.performance = { now: () => clock.monotonicMs };
    this.Date = { now: () => clock.wallMs };
    this.fetch = service.fetch;
    this.setTimeout = clock.setTimeout;
    this.clearTimeout = clock.clearTimeout;
  }

  get localStorage(): FakeStorage {
    if (this.isStorageForbidden) throw new DOMException("forbidden", "SecurityError");
    return this.#profile.storage;
  }

  get asBrowser(): Browser {
    return this as unknown as Browser;
  }

  hide(): void {
    this.document.hidden = true;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }

  show(): void {
    this.document.hidden = false;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }

  leave(): void {
    this.dispatchEvent(new Event("pagehide"));
  }

  freeze(): void {
    this.document.dispatchEvent(new Event("freeze"));
  }
}
