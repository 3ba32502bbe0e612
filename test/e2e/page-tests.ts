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

    test("shows a hostile title as text", async () => {
      const { service } = bench();
      const title = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>{{1+1}}`;
      const lectures = [{ lectureId: "first", title: `${title} 1`, durationSeconds: 60 }];
      await post("/courses/import", service.tokenOf("author", "instructor"), {
        courses: [{ courseId: "hostile", title, lectures }],
      });
      const token = service.tokenOf("reader");
      await post("/progress/save", token, { courseId: "hostile", lectureId: "first", watchTime: 20 });

      await using device = await bench().device({ token });
      const { page } = await device.newTab();
      await page.goto("/");
      await page.getByRole("progressbar", { name: title }).waitFor();
      await page.getByRole("link", { name: `Resume: ${title} 1` }).click();
      await page.getByRole("heading", { name: `${title} 1` }).waitFor();
      assert.equal(await page.title(), `${title} 1 · ${title}`);
      assert.equal(await page.locator("#main img, #main script").count(), 0);

      async function post(path: string, bearer: string, body: object): Promise<void> {
        const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
        const init = { method: "POST", headers, body: JSON.stringify(body) };
        assert.equal((await fetch(`${service.url}/api/v1${path}`, init)).status, 200);
      }
    });

    test("keeps nothing in the browser but unsent positions, and these go when the service has them", () =>
      bench().tell(async ({ device, student }) => {
        const laptop = await device();
        const requests: string[] = [];
        laptop.context.on("request", (request) => requests.push(request.url()));
        const tab = await laptop.openLecture();
        await tab.play(2);
        await laptop.setOffline(true);
        await tab.pause();
        await tab.untilStatus("offline");

        const { messages, others } = await tab.page.evaluate(readBrowser);
        assert.deepEqual(others, { session: 0, cookie: "", databases: 0, caches: 0 });
        assert.equal(messages.length, 1);
        const [{ key, value } = { key: "", value: "" }] = messages;
        assert.match(key, /^aetherlearn\/-?\w+\/save\/how-memory-works\/lecture-1$/);
        const { kind, body, keptAt, ...rest } = JSON.parse(value) as Record<string, object>;
        assert.deepEqual([kind, typeof keptAt, rest], ["save", "number", {}]);
        assert.deepEqual(Object.keys(body ?? {}).toSorted(), [
          "courseId",
          "elapsedMs",
          "lectureId",
          "seq",
          "sessionId",
          "sessionStartedAt",
          "watchTime",
        ]);

        await laptop.setOffline(false);
        await tab.untilStatus("saved");
        await tab.reload();
        await tab.page.waitForFunction(() => localStorage.length === 0);
        assert.ok(requests.length > 5);
        assert.deepEqual(
          requests.filter((url) => url.includes(student.token) || /token|bearer/i.test(url)),
          [],
        );
      }));

    test("leads into a lecture and back with the keyboard alone", async () => {
      await using device = await bench().device();
      const { page } = await device.newTab();
      await page.goto("/");
      await page.getByText("days in a row").waitFor();
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

/** Runs in the page: everything a page can leave in a browser. */
async function readBrowser(): Promise<{ messages: { key: string; value: string }[]; others: object }> {
  const messages = Object.entries(localStorage).map(([key, value]) => ({ key, value: String(value) }));
  const [databases, cached] = await Promise.all([indexedDB.databases(), caches.keys()]);
  const { cookie } = document;
  return {
    messages,
    others: { session: sessionStorage.length, cookie, databases: databases.length, caches: cached.length },
  };
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
