import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { violationsOf } from "../../packages/dashboard/test/support/accessibility.ts";
import type { Bench } from "./support/bench.ts";
import { course, lecture } from "./support/student.ts";

const mostStops = 40;

/** The student's page as the service serves it, with the demo student's year. */
export function pageTests(bench: () => Bench): void {
  describe("the page as it is served", { concurrency: 2 }, () => {
    test("has no axe violation in light and dark, wide and narrow", async () => {
      await using device = await bench().device();
      const { page } = await device.newTab();
      for (const path of ["/", `/#/watch/${course}/${lecture}`]) {
        await page.goto(path);
        await page.waitForLoadState("networkidle");
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize(
            colorScheme === "light" ? { width: 1280, height: 900 } : { width: 360, height: 740 },
          );
          assert.deepEqual(await violationsOf(page), [], `${path} in ${colorScheme}`);
        }
      }
    });

    test("is not the only one that may use the API: a platform's own pages may", async () => {
      const { platform, service } = bench();
      await using device = await bench().device();
      const { page } = await device.newTab();
      await page.goto(platform.origin);
      const [status, body, date] = await page.evaluate(
        async ({ url, token, lectureId, courseId }) => {
          const answer = await fetch(`${url}/api/v1/progress/save`, {
            method: "POST",
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
            body: JSON.stringify({ courseId, lectureId, watchTime: 20 }),
          });
          return [answer.status, await answer.text(), answer.headers.get("date")] as const;
        },
        { url: service.url, token: service.tokenOf("elsewhere"), courseId: course, lectureId: lecture },
      );
      assert.deepEqual([status, body], [200, '{"message":"synced"}']);
      assert.ok(Date.parse(date ?? "") > 0, "the service's clock can be read");
    });

    test("leads into a lecture and back with the keyboard alone", async () => {
      await using device = await bench().device();
      const { page } = await device.newTab();
      await page.goto("/");
      await page.getByText("days in a row", { exact: true }).waitFor();
      await page.getByText("How memories are made").waitFor();
      await tabTo(page, "Tab", "Resume: How memories are made");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "How memories are made" }).waitFor();
      await page.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 0);

      await tabTo(page, "Tab", "How memories are made");
      await page.keyboard.press("Space");
      await page.waitForFunction(() => document.querySelector("video")?.paused === false);
      await page.keyboard.press("Space");
      await page.waitForFunction(() => document.querySelector("video")?.paused === true);

      await tabTo(page, "Shift+Tab", "Your learning");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Your learning" }).waitFor();
    });
  });
}

/** Presses the key until the focus is on what has this name. */
async function tabTo(page: Page, key: string, name: string): Promise<void> {
  const passed: string[] = [];
  while (passed.length < mostStops) {
    await page.keyboard.press(key);
    const focused = await page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return (element?.getAttribute("aria-label") ?? element?.textContent ?? "").trim();
    });
    if (focused === name) return;
    passed.push(focused);
  }
  assert.fail(`the keyboard does not reach ${name}, only ${passed.join(", ")}`);
}
