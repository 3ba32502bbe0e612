import type { TrackerEvents, TrackOptions } from "../../src/index.ts";
import { LectureTracker } from "../../src/tracker.ts";
import { FakeBrowser, newProfile, type Profile } from "./fake-browser.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeService } from "./fake-service.ts";
import { FakeVideo } from "./fake-video.ts";

type SeenEvent = { [Type in keyof TrackerEvents]: [type: Type, event: TrackerEvents[Type]] }[keyof TrackerEvents];

export interface Sitting {
  readonly clock: FakeClock;
  readonly service: FakeService;
  readonly browser: FakeBrowser;
  readonly video: FakeVideo;
  readonly tracker: LectureTracker;
  readonly events: SeenEvent[];
  /** The events of one type. */
  seen<Type extends keyof TrackerEvents>(type: Type): TrackerEvents[Type][];
}

export interface World {
  readonly clock: FakeClock;
  readonly service: FakeService;
  readonly profile: Profile;
}

export function newWorld(): World & { profile: ReturnType<typeof newProfile> } {
  const clock = new FakeClock();
  return { clock, service: new FakeService(clock), profile: newProfile() };
}

interface Setup {
  readonly options?: Partial<TrackOptions>;
  readonly length?: number;
  /** The player knows its length from the start. Default: yes. */
  readonly isLoaded?: boolean;
  readonly before?: (sitting: Omit<Sitting, "tracker" | "events" | "seen">) => void;
}

/** A student sits down with lecture `intro`, in a tab of this world's browser. */
export function sit(world: World = newWorld(), setup: Setup = {}): Sitting {
  const { clock, service, profile } = world;
  const browser = new FakeBrowser(clock, service, profile);
  const video = new FakeVideo(clock, setup.length);
  if (setup.isLoaded !== false) video.load();
  setup.before?.({ clock, service, browser, video });
  const options = { endpoint: "/api/v1", getToken: () => tokenOf("ada"), courseId: "ts", lectureId: "intro" };
  const tracker = new LectureTracker(video, { ...options, ...setup.options }, browser.asBrowser);
  const events: SeenEvent[] = [];
  const types = ["status", "resumed", "resumable", "completable", "problem"] as const;
  for (const type of types) tracker.on(type, (event) => events.push([type, event] as SeenEvent));
  const seen = <Type extends keyof TrackerEvents>(wanted: Type): TrackerEvents[Type][] =>
    events.filter(([type]) => type === wanted).map(([, event]) => event as TrackerEvents[Type]);
  return { clock, service, browser, video, tracker, events, seen };
}

export function tokenOf(sub: string): string {
  return `e30.${Buffer.from(JSON.stringify({ sub })).toString("base64url")}.signature`;
}
