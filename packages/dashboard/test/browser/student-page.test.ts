import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { violationsOf } from "../support/accessibility.ts";
import { lockedAchievement, someAchievements } from "../support/achievement-fixture.ts";
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
  const { earned, locked } = someAchievements(today);
  for (const achievement of [...earned, ...locked]) achievement.title = hostileTitle;
  student.achievements = { earned, locked };
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
      failing: ["/stats/student", "/stats/achievements", "/progress/heatmap/data", "/stats/course-progress"],
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
    await opened.page.getByText("days in a row", { exact: true }).waitFor();
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

  for (const timezoneId of ["Pacific/Kiritimati", "America/St_Johns"]) {
    test(`what was earned comes newest first, on the day the service says, then what is nearest: in ${timezoneId}`, async () => {
      bench.server.student = someStudent(today);
      await using opened = await bench.open("/", { timezoneId });
      const section = opened.page.getByRole("region", { name: "Achievements" });
      assert.deepEqual(await listsIn(section), [
        [
          "A hundred lectures 4 April 2025",
          "A month in a row 6 October 2024",
          "First course 26 September 2024",
          "A week in a row 13 September 2024",
          "Three days in a row 9 September 2024",
          "Ten lectures 17 August 2024",
          "First lecture 7 August 2024",
        ],
        ["A hundred days in a row 31 of 100 days in a row so far", "A thousand lectures 148 of 1,000 lectures"],
      ]);
      assert.deepEqual(await section.getByRole("heading").allInnerTexts(), ["Achievements", "Next"]);
      assert.equal(await section.locator("time").first().getAttribute("datetime"), "2025-04-04");
    });
  }

  test("who has earned nothing sees what comes first; nobody is asked to stay away for a comeback", async () => {
    bench.server.student = newcomer(today);
    await using opened = await bench.open("/");
    const section = opened.page.getByRole("region", { name: "Achievements" });
    assert.deepEqual(await listsIn(section), [["First lecture 0 of 1 lecture", "First course 0 of 1 course"]]);
  });

  test("what is nearest is judged by its share, one of each kind, and a kind that the page does not know is left out", async () => {
    const unknown = {
      ...lockedAchievement("new", "Something new", "activeDays", 9, 10),
      fact: "somethingNew" as "activeDays",
    };
    const achievements = [
      lockedAchievement("lectures-100", "A hundred lectures", "lecturesCompleted", 7, 100),
      lockedAchievement("lectures-10", "Ten lectures", "lecturesCompleted", 7, 10),
      lockedAchievement("courses-5", "Five courses", "coursesCompleted", 2, 5),
      lockedAchievement("days-50", "Fifty days", "activeDays", 40, 50),
      unknown,
    ];
    bench.server.student = { ...newcomer(today), achievements: { earned: [], locked: achievements } };
    await using opened = await bench.open("/");
    const section = opened.page.getByRole("region", { name: "Achievements" });
    assert.deepEqual(await listsIn(section), [["Fifty days 40 of 50 days", "Ten lectures 7 of 10 lectures"]]);
  });

  const nothingToShow = {
    "the service is too old to know them": null,
    "none can be earned": { earned: [], locked: [] },
  };
  for (const [reason, achievements] of Object.entries(nothingToShow)) {
    test(`achievements are left out where ${reason}`, async () => {
      bench.server.student = { ...someStudent(today), achievements };
      await using opened = await bench.open("/");
      await opened.page.getByRole("heading", { name: "Activity" }).waitFor();
      await opened.page.getByRole("heading", { name: "Achievements" }).waitFor({ state: "detached" });
      assert.equal(await opened.page.getByRole("alert").count(), 0);
    });
  }

  test("achievements that could not be loaded are asked for again, and the rest of the page is there meanwhile", async () => {
    bench.server.student = someStudent(today);
    bench.server.failing = new Set(["/stats/achievements"]);
    await using opened = await bench.open("/");
    const section = opened.page.getByRole("region", { name: "Achievements" });
    await section.getByText("This could not be loaded").waitFor();
    await opened.page.getByText("days in a row", { exact: true }).waitFor();
    bench.server.failing.clear();
    await section.getByRole("button", { name: "Try again" }).click();
    await section.getByText("A hundred lectures").waitFor();
  });

  test("achievements wait with the looks of the other parts", async () => {
    await using opened = await bench.open("/bench", {});
    await opened.page.route("**/stats/achievements", () => undefined);
    await opened.page.goto(bench.server.url);
    await opened.page.getByRole("region", { name: "Achievements" }).getByText("Loading…").waitFor();
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

/** The text of every item of every list, as one line each. */
async function listsIn(section: Locator): Promise<string[][]> {
  await section.getByRole("list").first().waitFor();
  const lists = await section.getByRole("list").all();
  return Promise.all(
    lists.map(async (list) => {
      const items = await list.getByRole("listitem").allTextContents();
      return items.map((text) => text.trim());
    }),
  );
}
