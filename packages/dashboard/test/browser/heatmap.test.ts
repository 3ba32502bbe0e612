import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { type BrowserBench, listenFor, startBrowserBench } from "../support/browser-bench.ts";
import { skipWithoutChromium } from "../support/chromium.ts";
import { activityUntil, someStudent } from "../support/student-fixture.ts";

const today = "2025-06-03";

async function putHeatmap(page: Page, properties: Record<string, unknown>, width = "1100px"): Promise<Locator> {
  await page.evaluate(
    ([given, wide]) => {
      const heatmap = Object.assign(document.createElement("activity-heatmap"), given);
      const frame = document.createElement("div");
      frame.style.width = wide;
      frame.append(heatmap);
      document.querySelector("main")?.replaceChildren(frame);
    },
    [properties, width] as const,
  );
  return page.locator("activity-heatmap");
}

async function datesOf(heatmap: Locator): Promise<string[]> {
  return heatmap
    .locator(".day")
    .evaluateAll((cells) => cells.map((cell) => (cell as HTMLElement).dataset["date"] ?? "").toSorted());
}

function daysUntil(last: string, length: number): string[] {
  const end = Temporal.PlainDate.from(last);
  return Array.from({ length }, (_, index) => end.subtract({ days: length - 1 - index }).toString());
}

describe("activity-heatmap", { skip: skipWithoutChromium() }, () => {
  let bench: BrowserBench;
  before(async () => (bench = await startBrowserBench(someStudent(today))));
  after(() => bench[Symbol.asyncDispose]());

  test("one tab stop, at first today; arrows, Home, End and page keys move it; Enter selects", async () => {
    await using opened = await bench.open("/bench");
    const { page } = opened;
    const heatmap = await putHeatmap(page, { data: activityUntil(today) });
    assert.equal(await heatmap.locator('.day[tabindex="0"]').getAttribute("data-date"), today);
    await heatmap.locator('.day[tabindex="0"]').focus();
    const walk: [string, string][] = [
      ["ArrowLeft", "2025-05-27"],
      ["ArrowUp", "2025-05-26"],
      ["ArrowDown", "2025-05-27"],
      ["PageUp", "2025-04-27"],
      ["Home", "2024-06-09"],
      ["End", "2025-06-01"],
      ["Control+Home", "2024-06-04"],
      ["ArrowLeft", "2024-06-04"],
      ["PageDown", "2024-07-04"],
      ["Control+End", today],
    ];
    for (const [key, date] of walk) {
      await page.keyboard.press(key);
      assert.equal(await heatmap.locator(".day:focus").getAttribute("data-date"), date, key);
      assert.equal(await heatmap.locator('.day[tabindex="0"]').count(), 1);
    }
    const selected = await listenFor(page, "day-select");
    await page.keyboard.press("Enter");
    assert.deepEqual(await selected(), activityUntil(today).at(-1));
  });

  test("it is a grid of named rows and cells, each a sentence", async () => {
    await using opened = await bench.open("/bench");
    const heatmap = await putHeatmap(opened.page, { data: [{ date: "2025-06-02", count: 3 }], today });
    const grid = heatmap.getByRole("grid", { name: "Lectures per day" });
    await grid.getByRole("gridcell", { name: "3 lectures, Monday 2 June 2025", exact: true }).waitFor();
    await grid.getByRole("gridcell", { name: "No lectures, Tuesday 3 June 2025", exact: true }).waitFor();
    assert.equal(await grid.getByRole("row").count(), 8);
    await grid.getByRole("rowheader", { name: "Tuesday" }).waitFor();
    assert.deepEqual(await heatmap.locator(".legend li").allInnerTexts(), [
      "0",
      "1",
      "2–3",
      "4–6",
      "7+",
      "lectures a day",
    ]);
  });

  test("one tooltip for hover, focus and tap; Escape puts it away", async () => {
    await using opened = await bench.open("/bench", { hasTouch: true });
    const { page } = opened;
    const heatmap = await putHeatmap(page, { data: activityUntil(today), locale: "en-US" });
    const tooltip = heatmap.locator(".tooltip");
    await heatmap.locator('[data-date="2025-03-05"]').hover();
    assert.match(await tooltip.innerText(), /Wednesday, March 5, 2025$/);
    await heatmap.locator('[data-date="2025-06-02"]').focus();
    assert.match(await tooltip.innerText(), /Monday, June 2, 2025$/);
    await page.keyboard.press("Escape");
    assert.equal(await tooltip.isVisible(), false);
    await heatmap.locator('[data-date="2024-06-05"]').tap();
    assert.match(await tooltip.innerText(), /Wednesday, June 5, 2024$/);
    const [tip, frame] = await Promise.all([tooltip.boundingBox(), heatmap.boundingBox()]);
    assert.ok(tip && frame && tip.x >= frame.x && tip.x + tip.width <= frame.x + frame.width, "inside its frame");
  });

  test("weeks begin where the locale says, or as told", async () => {
    await using opened = await bench.open("/bench", { locale: "en-US" });
    const firstRow = async (properties: object): Promise<string | null> => {
      const heatmap = await putHeatmap(opened.page, { data: activityUntil(today), ...properties });
      return heatmap.locator("tbody th .hidden-text").first().textContent();
    };
    assert.equal(await firstRow({}), "Sunday");
    assert.equal(await firstRow({ locale: "en-GB" }), "Monday");
    assert.equal(await firstRow({ locale: "de" }), "Montag");
    assert.equal(await firstRow({ firstDay: 6 }), "Saturday");
  });

  test("a narrow place gets the list and may have the calendar, scrolled to today", async () => {
    await using opened = await bench.open("/bench", { viewport: { width: 360, height: 740 } });
    const heatmap = await putHeatmap(opened.page, { data: activityUntil(today) }, "330px");
    assert.equal(await heatmap.locator(".list-day").count(), 7);
    await heatmap.getByRole("button", { name: "Show earlier days" }).click();
    assert.equal(await heatmap.locator(".list-day").count(), 35);
    await heatmap.getByRole("button", { name: "Calendar" }).click();
    const [cell, scroller] = await Promise.all([
      heatmap.locator("[aria-current]").boundingBox(),
      heatmap.locator(".scroller").boundingBox(),
    ]);
    assert.ok(cell && scroller && cell.x >= scroller.x && cell.x + cell.width <= scroller.x + scroller.width);
  });

  test("a device that is turned still shows today", async () => {
    await using opened = await bench.open("/bench", { viewport: { width: 1280, height: 740 } });
    const heatmap = await putHeatmap(opened.page, { data: activityUntil(today) }, "100%");
    for (const width of [360, 700, 1280, 700]) {
      await opened.page.setViewportSize({ width, height: 740 });
      const isList = width < 560;
      await heatmap
        .locator(isList ? ".list-day" : "[aria-current]")
        .first()
        .waitFor();
      if (isList) continue;
      await opened.page.waitForFunction(() => {
        const root = document.querySelector("activity-heatmap")?.shadowRoot;
        const [cell, view] = [root?.querySelector("[aria-current]"), root?.querySelector(".scroller")];
        return cell && view && cell.getBoundingClientRect().right <= view.getBoundingClientRect().right;
      });
    }
  });

  test("a calendar year may need 54 columns", async () => {
    await using opened = await bench.open("/bench");
    const heatmap = await putHeatmap(opened.page, { data: [], year: 2028, firstDay: 7, today: "2028-12-31" });
    const dates = await datesOf(heatmap);
    assert.equal(dates.length, 366);
    assert.equal(await heatmap.locator("tbody tr").first().locator("td").count(), 54);
  });

  test("loading, empty and error states say so", async () => {
    await using opened = await bench.open("/bench");
    const loading = await putHeatmap(opened.page, {});
    await loading.getByText("Loading…").waitFor({ state: "attached" });
    await (await putHeatmap(opened.page, { data: [] })).getByText("No activity yet").waitFor();
    await (await putHeatmap(opened.page, { state: "error" })).getByRole("alert").waitFor();
  });

  test("given an endpoint it asks the service itself, and labels replace the words", async () => {
    await using opened = await bench.open("/bench");
    await opened.page.evaluate(() => {
      const heatmap = document.createElement("activity-heatmap");
      heatmap.getToken = async () => "demo-token";
      heatmap.labels = { name: "Lektionen" };
      heatmap.setAttribute("endpoint", "/api/v1");
      document.querySelector("main")?.replaceChildren(heatmap);
    });
    await opened.page.getByRole("grid", { name: "Lektionen" }).waitFor();
  });

  test("in forced colours the levels still differ, and with reduced motion nothing moves", async () => {
    await using opened = await bench.open("/bench", { forcedColors: "active", reducedMotion: "reduce" });
    const heatmap = await putHeatmap(opened.page, { data: activityUntil(today) });
    const colours = await heatmap
      .locator(".swatch")
      .evaluateAll((swatches) => swatches.map((swatch) => getComputedStyle(swatch).backgroundColor));
    assert.equal(new Set(colours).size, 5);
    const bone = (await putHeatmap(opened.page, {})).locator(".bone");
    assert.equal(await bone.evaluate((element) => getComputedStyle(element).animationName), "none");
  });

  test("a component that moved in the page keeps working", async () => {
    await using opened = await bench.open("/bench");
    const heatmap = await putHeatmap(opened.page, { data: activityUntil(today) });
    await opened.page.evaluate(() => document.body.append(document.querySelector("activity-heatmap") ?? ""));
    assert.equal((await datesOf(heatmap)).length, 365);
  });

  const moments = [
    { timeZone: "Pacific/Kiritimati", at: "2025-01-01T00:30" },
    { timeZone: "Pacific/Kiritimati", at: "2024-02-29T23:59" },
    { timeZone: "America/St_Johns", at: "2025-03-09T23:45" },
    { timeZone: "America/St_Johns", at: "2025-11-02T00:10" },
    { timeZone: "Asia/Kolkata", at: "2025-12-31T23:50" },
    { timeZone: "Europe/Berlin", at: "2025-03-30T03:01" },
    { timeZone: "Europe/Berlin", at: "2025-10-26T23:59" },
    { timeZone: "America/Havana", at: "2025-11-02T00:30" },
  ];
  describe("wherever the student is", { concurrency: 3 }, () => {
    for (const { timeZone, at } of moments) {
      test(`in ${timeZone} at ${at} today is the last cell, and no day is missing or doubled`, async () => {
        const local = Temporal.PlainDateTime.from(at);
        const day = local.toPlainDate().toString();
        const lastMonth = local.toPlainDate().subtract({ days: 30 }).toString();
        const nowMs = local.toZonedDateTime(timeZone).epochMilliseconds;
        await using opened = await bench.open("/bench", { timezoneId: timeZone, nowMs });
        const byClock = await putHeatmap(opened.page, { data: [{ date: lastMonth, count: 2 }] });
        assert.equal(await byClock.locator("[aria-current]").getAttribute("data-date"), day);
        assert.deepEqual(await datesOf(byClock), daysUntil(day, 365));
        const dayWords = local.toPlainDate().toLocaleString("en-GB", { dateStyle: "full" }).replace(", ", " ");
        assert.equal(await byClock.locator("[aria-current]").getAttribute("aria-label"), `No lectures, ${dayWords}`);

        // The service is ahead or behind this device's clock: its today counts.
        for (const days of [-1, 1]) {
          const told = local.toPlainDate().add({ days }).toString();
          const byService = await putHeatmap(opened.page, { data: activityUntil(told) });
          assert.equal(await byService.locator("[aria-current]").getAttribute("data-date"), told);
          assert.deepEqual(await datesOf(byService), daysUntil(told, 365));
        }
      });
    }

    // The clock of Havana changes at midnight: one of its days begins at 1:00, another one has two midnights.
    for (const timeZone of ["Pacific/Kiritimati", "America/St_Johns", "Asia/Kolkata", "America/Havana"]) {
      test(`in ${timeZone} each day of a year is today from its first millisecond to its last`, async () => {
        await using opened = await bench.open("/bench", { timezoneId: timeZone });
        const heatmap = await putHeatmap(opened.page, { data: [] });
        const wrong = await heatmap.evaluate(todayAt, edgesOfDays(timeZone, "2024-12-31", 366));
        assert.deepEqual(wrong, []);
      });
    }
  });
});

interface Moment {
  readonly atMs: number;
  readonly date: string;
  /** The day of the first cell, 364 days before. */
  readonly first: string;
}

/** The first and the last instant of each day, by the zone's own clock: what a student's device would say. */
function edgesOfDays(timeZone: string, last: string, length: number): Moment[] {
  return daysUntil(last, length).flatMap((date) => {
    const day = Temporal.PlainDate.from(date);
    const [begin, end] = [day, day.add({ days: 1 })].map((edge) => edge.toZonedDateTime(timeZone).epochMilliseconds);
    const first = day.subtract({ days: 364 }).toString();
    return [begin ?? 0, (end ?? 0) - 1].map((atMs) => ({ atMs, date, first }));
  });
}

/** Runs in the page: shows the heatmap at each moment. @returns the moments at which a cell is wrong, missing or doubled */
async function todayAt(element: Element, moments: Moment[]): Promise<Moment[]> {
  const heatmap = element as HTMLElementTagNameMap["activity-heatmap"];
  const wrong: Moment[] = [];
  for (const moment of moments) {
    Date.now = () => moment.atMs;
    heatmap.data = [{ date: moment.first, count: 1 }];
    await heatmap.updateComplete;
    const shown = heatmap.shadowRoot?.querySelector<HTMLElement>('[aria-current="date"]');
    const dates = [...(heatmap.shadowRoot?.querySelectorAll<HTMLElement>(".day") ?? [])].map(
      (cell) => cell.dataset["date"],
    );
    const isWhole = dates.length === 365 && new Set(dates).size === 365 && dates.includes(moment.first);
    if (shown?.dataset["date"] !== moment.date || !isWhole) wrong.push(moment);
  }
  return wrong;
}
