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
  readonly seen: <Type extends keyof TrackerEvents>(type: Type) => TrackerEvents[Type][];
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

export interface Setup {
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

/** Played for a while and paused; every position is acknowledged. */
export async function paused(setup: Setup = {}, world: World = newWorld()): Promise<Sitting> {
  if (!world.service.positions.has("intro")) world.service.store("intro", 60);
  const sitting = sit(world, setup);
  await sitting.clock.advance(100);
  sitting.video.play();
  await sitting.clock.advance(2_000);
  sitting.video.pause();
  await sitting.clock.advance(100);
  sitting.service.requests.length = 0;
  return sitting;
}

/** Moves the playhead of a paused player, which saves 420 ms later. */
export async function seek({ clock, video }: Sitting, position: number): Promise<void> {
  video.currentTime = position;
  await clock.advance(420);
}

/** Open, answered, and with a position that is worth something. */
export async function playing(seconds = 60, setup: Setup = {}): Promise<Sitting> {
  const world = newWorld();
  world.service.store("intro", seconds);
  const sitting = sit(world, setup);
  await sitting.clock.advance(100);
  sitting.video.play();
  await sitting.clock.advance(100);
  return sitting;
}

/** A world in which the service has `intro` at this second. */
export function stored(seconds: number): World {
  const world = newWorld();
  world.service.store("intro", seconds);
  return world;
}

export async function opened(world: World, setup: Setup = {}): Promise<Sitting> {
  const sitting = sit(world, setup);
  await world.clock.advance(200);
  return sitting;
}
