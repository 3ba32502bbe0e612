import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { type BrowserBench, listenFor, startBrowserBench } from "../support/browser-bench.ts";
import { skipWithoutChromium } from "../support/chromium.ts";
import { someStudent } from "../support/student-fixture.ts";

const today = "2025-06-03";
const stats = { currentStreak: 5, longestStreak: 9, lastActiveDate: today, activeToday: true, totalCompleted: 40 };
const items = ["one", "two"].map((id, index) => ({
  courseId: id,
  courseTitle: `Course ${id}`,
  lectureId: "l1",
  lectureTitle: `Lecture ${id}`,
  positionSeconds: 100,
  durationSeconds: 100 + 11.5 * 60,
  isNext: false,
  lastWatchedAt: index,
}));

async function put(page: Page, name: string, properties: Record<string, unknown>): Promise<Locator> {
  await page.evaluate(
    ([tag, given]) =>
      document.querySelector("main")?.replaceChildren(Object.assign(document.createElement(tag), given)),
    [name, properties] as const,
  );
  return page.locator(name);
}

describe("streak, course and continue cards", { skip: skipWithoutChromium() }, () => {
  let bench: BrowserBench;
  before(async () => (bench = await startBrowserBench(someStudent(today))));
  after(() => bench[Symbol.asyncDispose]());

  test("a streak is active, at risk until the student's midnight, or broken", async () => {
    const nowMs = Temporal.ZonedDateTime.from("2025-06-03T18:48[America/St_Johns]").epochMilliseconds;
    await using opened = await bench.open("/bench", { nowMs, timezoneId: "Asia/Kolkata" });
    const show = (change: object): Promise<Locator> =>
      put(opened.page, "streak-card", {
        stats: { ...stats, ...change },
        today,
        timeZone: "America/St_Johns",
        activeDays: 77,
      });
    await (await show({})).getByText("Today counts already").waitFor();
    const atRisk = await show({ lastActiveDate: "2025-06-02" });
    await atRisk.getByText("At risk").waitFor();
    await atRisk.getByText("Ends at midnight, in 5 hr 12 min.").waitFor();
    await (await show({ currentStreak: 0, lastActiveDate: "2025-05-30" })).getByText("Last active on 30 May").waitFor();
    const facts = await (await show({})).locator("dd").allInnerTexts();
    assert.deepEqual(facts, ["9", "77", "40"]);
  });

  test("a streak can be hidden, and the page is told", async () => {
    await using opened = await bench.open("/bench");
    const card = await put(opened.page, "streak-card", { stats, today });
    const told = await listenFor(opened.page, "streak-hide");
    await card.getByRole("button", { name: "Hide" }).click();
    assert.deepEqual(await told(), { hidden: true });
    assert.equal(await card.getByText("days in a row").count(), 0);
    await card.getByRole("button", { name: "Show streak" }).click();
    await card.getByText("days in a row").waitFor();
  });

  test("a course's ring says how many lectures are done, rounded down", async () => {
    await using opened = await bench.open("/bench");
    const ring = async (completed: number, total: number): Promise<string | null> => {
      const card = await put(opened.page, "course-progress", { courseTitle: "Light", completed, total });
      return card.getByRole("progressbar", { name: "Light" }).getAttribute("aria-valuetext");
    };
    assert.equal(await ring(7, 12), "7 of 12 lectures, 58 %");
    assert.equal(await ring(199, 200), "199 of 200 lectures, 99 %");
    assert.equal(await ring(29, 29), "29 of 29 lectures, 100 %");
    assert.equal(await ring(0, 0), "0 of 0 lectures, 0 %");
  });

  test("cards to continue come newest first with the time left, and resume tells the page", async () => {
    await using opened = await bench.open("/bench");
    const cards = await put(opened.page, "continue-watching", { items });
    assert.deepEqual(await cards.locator(".course").allInnerTexts(), ["Course two", "Course one"]);
    assert.equal(await cards.getByText("12 min left").count(), 2);
    const resumed = await listenFor(opened.page, "resume");
    await cards.getByRole("button", { name: "Resume: Lecture one" }).click();
    assert.deepEqual(await resumed(), { courseId: "one", lectureId: "l1", positionSeconds: 100 });
  });

  test("a card can be hidden and brought back, and nothing is sent to the service", async () => {
    await using opened = await bench.open("/bench");
    bench.server.requests.length = 0;
    const cards = await put(opened.page, "continue-watching", { items });
    await cards.getByRole("button", { name: "Hide: Course two" }).click();
    assert.deepEqual(await cards.locator(".course").allInnerTexts(), ["Course one"]);
    await opened.page.keyboard.press("Enter");
    assert.deepEqual(await cards.locator(".course").allInnerTexts(), ["Course two", "Course one"]);
    assert.deepEqual(bench.server.requests, []);
  });

  test("words are the page's, by labels and locale", async () => {
    await using opened = await bench.open("/bench");
    const { page } = opened;
    await page.evaluate(
      ([someStats, someItems, day]) => {
        const streak = Object.assign(document.createElement("streak-card"), {
          stats: someStats,
          today: day,
          locale: "de",
        });
        streak.labels = { days: (count) => `${count} Tage am Stück`, longest: "Längste", hide: "Ausblenden" };
        const cards = Object.assign(document.createElement("continue-watching"), { items: someItems, locale: "de" });
        cards.labels = { resume: () => "Weiter", timeLeft: (duration) => `noch ${duration}`, dismiss: "Ausblenden" };
        const course = Object.assign(document.createElement("course-progress"), {
          completed: 7,
          total: 12,
          locale: "de",
        });
        course.labels = { value: (done, all, percent) => `${done} von ${all}, ${percent} %` };
        document.querySelector("main")?.replaceChildren(streak, cards, course);
      },
      [{ ...stats, longestStreak: 1234 }, items, today] as const,
    );
    await page.getByText("5 Tage am Stück").waitFor();
    assert.deepEqual(await page.locator("streak-card dd").first().innerText(), "1.234");
    assert.equal(await page.getByText("noch 12 Min.").count(), 2);
    await page.getByRole("button", { name: "Weiter: Lecture one" }).waitFor();
    await page.getByRole("button", { name: "Ausblenden: Course two" }).waitFor();
    assert.equal(await page.getByRole("progressbar").getAttribute("aria-valuetext"), "7 von 12, 58 %");
    assert.match(await page.locator("course-progress .percent").innerText(), /^58\s%$/);
  });

  test("a page's style sheet reaches colours, sizes and parts", async () => {
    await using opened = await bench.open("/bench");
    const ring = await put(opened.page, "course-progress", { courseTitle: "Light", completed: 1, total: 2 });
    const look = await ring.evaluate((element) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        "course-progress { --aether-accent: rgb(1, 2, 3); --aether-ring-size: 50px } course-progress::part(title) { color: rgb(4, 5, 6) }",
      );
      document.adoptedStyleSheets.push(sheet);
      const styleOf = (selector: string): CSSStyleDeclaration | undefined => {
        const found = element.shadowRoot?.querySelector(selector);
        return found ? getComputedStyle(found) : undefined;
      };
      const seen = [styleOf(".done")?.stroke, styleOf(".ring")?.width, styleOf("[part=title]")?.color];
      document.adoptedStyleSheets.pop();
      return seen;
    });
    assert.deepEqual(look, ["rgb(1, 2, 3)", "50px", "rgb(4, 5, 6)"]);
  });

  test("each card fills itself from an endpoint", async () => {
    await using opened = await bench.open("/bench");
    await opened.page.evaluate(() => {
      for (const name of ["streak-card", "continue-watching", "course-progress"] as const) {
        const element = Object.assign(document.createElement(name), {
          endpoint: "/api/v1/",
          getToken: () => "demo-token",
        });
        element.setAttribute("course-id", "statistics");
        document.querySelector("main")?.append(element);
      }
    });
    await opened.page.getByText("days in a row").waitFor();
    await opened.page.getByText("Testing a hunch").waitFor();
    await opened.page.getByText("2 of 4 lectures").waitFor();
  });
});
