import { html, nothing, type TemplateResult } from "lit";
import type { TrackingState } from "./lecture-tracking.ts";

const statusWords: Record<TrackingState["status"], string> = {
  starting: "Getting ready",
  idle: "Ready",
  saving: "Saving",
  saved: "Saved",
  offline: "Offline: kept on this device until the network is back",
  blocked: "Blocked: something between this page and the service stops saving",
  superseded: "Playing in another tab. Press play to go on here",
  untracked: "Not saved: the player SDK is not available",
};

const resumeHint =
  "Close the tab whenever you like: load this page again, or on another device, and it goes on here. A private window counts as another device.";

/**
 * What a student (or a doubting developer) wants to see: is it saved, and what does the service hold?
 * @param state `undefined` where there is no video, so only the service has something to say
 */
export function savedStatePanel(state: TrackingState | undefined, savedSeconds: number): TemplateResult {
  return html`<section class="panel" aria-labelledby="saved-heading">
    <h2 id="saved-heading">Saved state</h2>
    ${state ? renderStatus(state) : nothing}
    <dl class="facts">
      ${state ? renderFact("here", "Here", clock(state.positionSeconds)) : nothing}
      ${renderFact("saved", "On the service", clock(savedSeconds))}
      ${state ? renderFact("coverage", "Played of it, in all sittings", `${Math.floor(state.coverage * 100)} %`) : nothing}
    </dl>
    ${state ? html`<p class="hint">${resumeHint}</p>` : nothing}
  </section>`;
}

function renderFact(name: string, words: string, value: string): TemplateResult {
  return html`<div>
    <dt>${words}</dt>
    <dd data-fact=${name}>${value}</dd>
  </div>`;
}

function renderStatus({ status }: TrackingState): TemplateResult {
  // Said aloud only when it needs the student: "saving, saved" every five seconds would drown the lecture.
  const spoken = ["offline", "blocked", "superseded", "untracked"].includes(status) ? statusWords[status] : "";
  return html`<p class="status" data-status=${status}>${statusWords[status]}</p>
    <p class="hidden-text" role="status">${spoken}</p>`;
}

/** "1:02:03.4" */
export function clock(seconds: number): string {
  const tenths = Math.floor(seconds * 10);
  const [hours, minutes] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60];
  const rest = `${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
