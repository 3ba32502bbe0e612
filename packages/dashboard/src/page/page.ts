import "../index.ts";
import { html, render, type TemplateResult } from "lit";
import { connectApi } from "../api/progress-api.ts";
import { DashboardView } from "./dashboard-view.ts";
import { PlayerView } from "./player-view.ts";
import { readRoute } from "./route.ts";
import { type Session, startSession } from "./session.ts";

const endpoint = "/api/v1";
const staleAfterMs = 60_000;

const mainElement = document.querySelector<HTMLElement>("#main");
const footElement = document.querySelector<HTMLElement>("#foot");
// The address after `#` is the route, so the skip link must not change it.
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  mainElement?.focus();
});
if (mainElement && footElement) void openPage(mainElement, footElement);

async function openPage(main: HTMLElement, foot: HTMLElement): Promise<void> {
  const session = await startSession().catch(() => undefined);
  main.replaceChildren();
  if (!session) {
    render(session === null ? unknownStudent : unreachable, main);
    return;
  }
  render(footTemplate(session), foot);
  showRoutes(session, main);
}

/** Two views live side by side, each in its own element, so that neither redraws over the other. */
function showRoutes(session: Session, main: HTMLElement): void {
  const [dashboardHost, playerHost] = [document.createElement("div"), document.createElement("div")];
  main.append(dashboardHost, playerHost);
  const api = connectApi(endpoint, session.getToken);
  const dashboard = new DashboardView(dashboardHost, api);
  const player = new PlayerView(playerHost, { api, endpoint, session });
  let isFirst = true;

  const show = (): void => {
    const route = readRoute(location.hash);
    dashboardHost.hidden = route.view !== "dashboard";
    playerHost.hidden = route.view !== "player";
    if (route.view === "dashboard") {
      player.hide();
      dashboard.show();
    } else {
      dashboard.hide();
      void player.show(route.courseId, route.lectureId);
    }
    // A view change without a page load: a screen reader and the keyboard start at its top, as after a real one.
    if (!isFirst) {
      scrollTo(0, 0);
      main.focus({ preventScroll: true });
    }
    isFirst = false;
  };
  addEventListener("hashchange", show);
  refreshWhenSeenAgain(() => readRoute(location.hash).view === "dashboard" && dashboard.load());
  show();
}

/** A dashboard left open overnight would show yesterday's today. */
function refreshWhenSeenAgain(refresh: () => void): void {
  let hiddenAt = Number.POSITIVE_INFINITY;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = performance.now();
    else if (performance.now() - hiddenAt > staleAfterMs) refresh();
  });
}

function footTemplate({ attribution }: Session): TemplateResult {
  return html`<p>Days begin and end at midnight in your own time zone.</p>
    ${attribution ? html`<p>${attribution}</p>` : ""}`;
}

const unreachable = html`<div class="message" role="alert">
  <h1>The service cannot be reached</h1>
  <p>Your progress is safe. Check the connection, then load this page again.</p>
  <p><a class="button" href="./">Load again</a></p>
</div>`;

const exampleScript = [
  "window.aetherlearn = {",
  "  getToken: async () =>",
  '    (await fetch("/my-platform/progress-token")).text(),',
  "};",
].join("\n");

const unknownStudent = html`<div class="message">
  <h1>Who is learning?</h1>
  <p>
    This page shows one student’s progress, and your platform has not told it whose. It asks for a token by calling a
    function that the platform provides in a script of its own, loaded before this page’s script:
  </p>
  <pre tabindex="0"><code>${exampleScript}</code></pre>
  <p>
    The token stays in memory and is sent in a header only. Most platforms use the same cards on their own pages
    instead.
  </p>
</div>`;
