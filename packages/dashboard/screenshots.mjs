/**
 * Pictures of the page for a person to look at: every view at three widths, light and dark, written to
 * .cache/screenshots (not committed).
 *
 *   npm run screenshots -w @aetherlearn/dashboard
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildComponents, buildPage } from "./build.mjs";
import { launchChromium } from "./test/support/chromium.ts";
import { startPageServer } from "./test/support/page-server.ts";
import { newcomer, someStudent } from "./test/support/student-fixture.ts";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, ".cache", "screenshots-dist");
const out = join(here, "..", "..", ".cache", "screenshots");
const today = Temporal.Now.plainDateISO();
const widths = [360, 768, 1280];

const student = someStudent(today.toString());
const atRisk = {
  ...student,
  stats: { ...student.stats, lastActiveDate: today.subtract({ days: 1 }).toString(), activeToday: false },
  days: student.days.slice(0, -1).concat({ date: today.toString(), count: 0 }),
};

function withLongCourse() {
  const long = someStudent(today.toString());
  const lectures = Array.from({ length: 80 }, (_, index) => ({
    lectureId: `l${index + 1}`,
    title: `Chapter ${index + 1}`,
    durationSeconds: 600,
    order: index,
  }));
  const completedLectures = lectures.slice(0, 62).map(({ lectureId }) => lectureId);
  const course = {
    courseId: "history",
    title: "A short history of the world",
    totalLectures: 80,
    version: 1,
    lectures,
  };
  long.courses.set("history", course);
  long.progress.set("history", {
    watchTimes: { l63: 312 },
    completionPercentage: 77,
    completedLectures,
    lastWatchedLecture: "l63",
    totalLectures: 80,
    serverTime: Date.now(),
  });
  return long;
}

const views = [
  { name: "dashboard", path: "/" },
  { name: "at-risk", path: "/", student: atRisk, widths: [1280] },
  { name: "newcomer", path: "/", student: newcomer(today.toString()) },
  {
    name: "failing",
    path: "/",
    failing: ["/stats/student", "/stats/achievements", "/progress/heatmap/data", "/stats/course-progress"],
    widths: [768],
  },
  { name: "loading", path: "/", isHanging: true, widths: [1280] },
  { name: "long-course", path: "/#/watch/history/l63", student: withLongCourse(), widths: [1280] },
  { name: "player", path: "/#/watch/typescript/l2" },
  { name: "stranger", path: "/", isDemo: false, widths: [768] },
  { name: "forced-colors", path: "/", forcedColors: "active", widths: [1280] },
];

await mkdir(out, { recursive: true });
await Promise.all([
  buildComponents(dist),
  buildPage(join(dist, "page"), {
    alias: { "@aetherlearn/player": join(here, "test", "support", "stand-in-player.ts") },
  }),
]);
const server = await startPageServer(dist, student);
const browser = await launchChromium();
for (const view of views) {
  server.student = view.student ?? student;
  server.isDemo = view.isDemo ?? true;
  server.failing = new Set(view.failing ?? []);
  for (const width of view.widths ?? widths) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({
        viewport: { width, height: width < 500 ? 740 : 900 },
        colorScheme,
        forcedColors: view.forcedColors ?? "none",
        locale: "en-GB",
        deviceScaleFactor: width < 500 ? 2 : 1,
      });
      const page = await context.newPage();
      if (view.isHanging) await page.route("**/api/v1/**", () => undefined);
      await page.goto(server.url + view.path);
      if (!view.isHanging) await page.waitForLoadState("networkidle");
      await page.waitForTimeout(view.name === "player" ? 600 : 150);
      if (view.name === "dashboard" && width > 500) await page.locator("activity-heatmap .day").nth(180).hover();
      await page.screenshot({ path: join(out, `${view.name}-${width}-${colorScheme}.png`), fullPage: true });
      await context.close();
    }
  }
}
await browser.close();
await server[Symbol.asyncDispose]();
console.log(`written to ${out}`);
