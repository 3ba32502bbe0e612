import type { AchievementsResponse } from "@aetherlearn/protocol";
import { html, nothing, type TemplateResult } from "lit";
import { parseCivilDate } from "../calendar/civil-date.ts";
import { DateWords, localeOf } from "../components/date-words.ts";

type Locked = AchievementsResponse["locked"][number];

const mostNext = 2;

/**
 * What can be worked towards, in words, by the fact that is counted. A comeback is not among them: nobody is asked to
 * stay away for longer.
 */
const countedAs = new Map<string, { one: string; many: string }>([
  ["lecturesCompleted", { one: "lecture", many: "lectures" }],
  ["coursesCompleted", { one: "course", many: "courses" }],
  // The longest streak counts, which may not be the one that runs.
  ["longestStreak", { one: "day in a row so far", many: "days in a row so far" }],
  ["activeDays", { one: "day", many: "days" }],
]);

/** What was earned, newest first, and what may come next; `null` where that is nothing. */
export function renderAchievements({ earned, locked }: AchievementsResponse): TemplateResult | null {
  const words = new DateWords(localeOf(document.documentElement));
  const next = nearest(locked);
  if (earned.length + next.length === 0) return null;
  return html`<div class="panel achievements">
    ${renderList(earned.map(({ title, date }) => ({ title, detail: renderDate(date, words) })))}
    ${next.length === 0 ? nothing : html`<h3>Next</h3>`}
    ${renderList(next.map((each) => ({ title: each.title, detail: progressWords(each, words) })))}
  </div>`;
}

/** The one or two that are nearest, each of another kind. */
function nearest(locked: readonly Locked[]): Locked[] {
  const nearestFirst = locked
    .filter(({ fact }) => countedAs.has(fact))
    .toSorted((one, other) => other.progress / other.target - one.progress / one.target);
  return nearestFirst
    .filter(({ fact }, index) => nearestFirst.findIndex((each) => each.fact === fact) === index)
    .slice(0, mostNext);
}

interface Item {
  title: string;
  detail: TemplateResult | string;
}

/** The role is said because Safari takes a list without bullets for none. */
function renderList(items: readonly Item[]): TemplateResult | typeof nothing {
  if (items.length === 0) return nothing;
  return html`<ul role="list">
    ${items.map(({ title, detail }) => html`<li><strong>${title}</strong> <span>${detail}</span></li>`)}
  </ul>`;
}

function renderDate(date: string, words: DateWords): TemplateResult {
  const day = parseCivilDate(date);
  return html`<time datetime=${date}>${day === null ? date : words.date(day)}</time>`;
}

function progressWords({ fact, progress, target }: Locked, words: DateWords): string {
  const counted = countedAs.get(fact)?.[target === 1 ? "one" : "many"] ?? "";
  return `${words.number(progress)} of ${words.number(target)} ${counted}`;
}
