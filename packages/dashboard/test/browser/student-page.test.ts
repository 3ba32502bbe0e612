import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { violationsOf } from "../support/accessibility.ts";
import { type BrowserBench, startBrowserBench } from "../support/browser-bench.ts";
import { skipWithoutChromium } from "../support/chromium.ts";
import { newcomer, someStudent, type Student } from "../support/student-fixture.ts";

const today = "2025-06-03";
const hostileTitle = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>${"W".repeat(90)}`;

function hostileStudent(courses = Infinity): Student {
  const student = someStudent(today);
  for (const id of [...student.progress.keys()].slice(courses)) student.progress.delete(id);
  for (const course of student.courses.values()) {
    course.title = hostileTitle;
    for (const lecture of course.lectures) lecture.title = hostileTitle;
  }
  return student;
}

describe("the student's page", { skip: skipWithoutChromium() }, () => {
  let bench: BrowserBench;
  before(async () => (bench = await startBrowserBench(someStudent(today))));
  after(() => bench[Symbol.asyncDispose]());

  const views: { name: string; path: string; student?: Student; failing?: string[]; isDemo?: boolean }[] = [
    { name: "dashboard", path: "/" },
    { name: "dashboard of a newcomer", path: "/", student: newcomer(today) },
    { name: "dashboard with hostile titles", path: "/", student: hostileStudent() },
    { name: "dashboard of two courses with hostile titles", path: "/", student: hostileStudent(2) },
    {
      name: "dashboard without its service",
      path: "/",
      failing: ["/stats/student", "/progress/heatmap/data", "/stats/course-progress"],
    },
    { name: "lecture", path: "/#/watch/typescript/l2" },
    { name: "lecture with a hostile title", path: "/#/watch/statistics/l3", student: hostileStudent() },
    { name: "lecture that does not exist", path: "/#/watch/typescript/nothing" },
    { name: "page without a token", path: "/", isDemo: false },
  ];
  for (const view of views) {
    test(`${view.name}: no axe violation in light and dark, no overflow at any width, nothing against the CSP`, async () => {
      bench.server.student = view.student ?? someStudent(today);
      bench.server.failing = new Set(view.failing ?? []);
      bench.server.isDemo = view.isDemo ?? true;
      await using opened = await bench.open(view.path);
      const { page } = opened;
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width: 1280, height: 900 });
        assert.deepEqual(await violationsOf(page), [], colorScheme);
        for (const width of [768, 360]) {
          await page.setViewportSize({ width, height: 740 });
          await page.waitForTimeout(100);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
        }
        assert.deepEqual(await violationsOf(page), [], `${colorScheme} at 360 px`);
        assert.doesNotMatch(await page.title(), /^owned/);
      }
    });
  }

  test("the token is in no address and in no storage", async () => {
    bench.server.student = someStudent(today);
    bench.server.failing.clear();
    bench.server.isDemo = true;
    bench.server.requests.length = 0;
    await using opened = await bench.open("/#/watch/typescript/l2");
    const stored = await opened.page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]));
    assert.equal(stored, '[{},{},""]');
    assert.ok(bench.server.requests.length > 3);
    assert.deepEqual(
      bench.server.requests.filter((request) => request.includes("token")),
      [],
    );
  });

  test("a platform's own token is used and no demo is asked for", async () => {
    bench.server.isDemo = false;
    bench.server.requests.length = 0;
    await using opened = await bench.open("/bench");
    await opened.page.addInitScript(() => (window.aetherlearn = { getToken: () => "demo-token" }));
    await opened.page.goto(bench.server.url);
    await opened.page.getByText("days in a row").waitFor();
    assert.ok(!bench.server.requests.includes("/demo/session"));
    bench.server.isDemo = true;
  });

  test("with the keyboard alone: skip link, streak, cards, one stop for the heatmap, courses, and into a lecture", async () => {
    bench.server.student = someStudent(today);
    await using opened = await bench.open("/", { viewport: { width: 1280, height: 900 } });
    const { page } = opened;
    const stops: string[] = [];
    for (let stop = 0; stop < 40; stop++) {
      await page.keyboard.press("Tab");
      const name = await focusedName(page);
      if (name === "") break;
      stops.push(name);
    }
    assert.deepEqual(stops, [
      "Skip to content",
      "AetherLearn Progress",
      "Hide",
      "Resume: Narrowing",
      "Hide: TypeScript from the ground up",
      "Start: Testing a hunch",
      "Hide: Statistics for people who decide",
      "Resume: Moment",
      "Hide: Seeing light: an introduction to photography",
      "Calendar",
      "List",
      `${lecturesOn(today)}, Tuesday 3 June 2025`,
      "TypeScript from the ground up",
      "Statistics for people who decide",
      "Seeing light: an introduction to photography",
      "Reading music",
    ]);
    await page.getByRole("link", { name: "TypeScript from the ground up" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Narrowing" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    await page.goBack();
    await page.getByRole("heading", { name: "Your learning" }).waitFor();
  });

  test("an error is answered with another try", async () => {
    bench.server.failing = new Set(["/progress/heatmap/data"]);
    await using opened = await bench.open("/");
    const { page } = opened;
    await page.locator("activity-heatmap").getByText("This could not be loaded").waitFor();
    bench.server.failing.clear();
    await page.locator("activity-heatmap").getByRole("button", { name: "Try again" }).click();
    await page.getByRole("grid").waitFor();
  });

  function lecturesOn(date: string): string {
    const count = bench.server.student.days.find((day) => day.date === date)?.count ?? 0;
    return `${count} ${count === 1 ? "lecture" : "lectures"}`;
  }
});

/** What has the focus, seen through the shadow roots, by its accessible name; "" once the page is left. */
async function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (!element || element === document.body) return "";
    return (element.getAttribute("aria-label") ?? element.textContent ?? "").trim();
  });
}
