/** Stands in for the SDK's own types as long as it is not part of this workspace; to be deleted when it is. */
declare module "@aetherlearn/player" {
  import type { Tracker, TrackOptions } from "./player-page.ts";
  export function track(video: HTMLVideoElement, options: TrackOptions): Tracker;
}
