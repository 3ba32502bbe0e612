import { ActivityHeatmap } from "./components/activity-heatmap.ts";
import { ContinueWatching } from "./components/continue-watching.ts";
import { CourseProgress } from "./components/course-progress.ts";
import { StreakCard } from "./components/streak-card.ts";

export { ActivityHeatmap, type DaySelectDetail, type HeatmapView } from "./components/activity-heatmap.ts";
export { ContinueWatching, type ResumeDetail } from "./components/continue-watching.ts";
export { CourseProgress, type CourseProgressLabels } from "./components/course-progress.ts";
export { StreakCard } from "./components/streak-card.ts";
export type { LoadState, StateLabels } from "./components/connected-element.ts";
export type { ContinueLabels } from "./components/continue-labels.ts";
export type { HeatmapLabels } from "./components/heatmap-labels.ts";
export type { StreakLabels } from "./components/streak-labels.ts";
export type { GetToken } from "./api/progress-api.ts";
export type { ContinueItem } from "./api/next-lecture.ts";

const elements = {
  "activity-heatmap": ActivityHeatmap,
  "continue-watching": ContinueWatching,
  "course-progress": CourseProgress,
  "streak-card": StreakCard,
};

// A page that loads the bundle twice, or has an element of the same name, keeps the first.
for (const [name, element] of Object.entries(elements)) {
  if (!customElements.get(name)) customElements.define(name, element);
}

declare global {
  interface HTMLElementTagNameMap {
    "activity-heatmap": ActivityHeatmap;
    "continue-watching": ContinueWatching;
    "course-progress": CourseProgress;
    "streak-card": StreakCard;
  }
}
