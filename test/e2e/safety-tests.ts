import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { describe, test } from "node:test";
import { contentSecurityPolicy } from "../../packages/dashboard/test/support/page-server.ts";
import type { Bench } from "./support/bench.ts";

/** What others try: scripts of theirs, titles that are scripts, names that point at this machine, a look at what is left. */
export function safetyTests(bench: () => Bench): void {
  describe("the page keeps to itself", { concurrency: 2 }, () => {
    test("runs no script of anybody else, nor one that was written into it", async () => {
      const { service } = bench();
      for (const path of ["/", "/index.html"]) {
        const { headers } = await fetch(service.url + path);
        assert.equal(headers.get("content-security-policy"), contentSecurityPolicy, path);
      }
      await using stack = new AsyncDisposableStack();
      const context = stack.adopt(await bench().browser.newContext(), (opened) => opened.close());
      const page = await context.newPage();
      await page.goto(service.url);
      await page.evaluate(tryEverything);
      const refusals = ["img-src", "style-src-attr", "connect-src", "TypeError", "TypeError", "TypeError"];
      await page.waitForFunction(
        (count) => document.body.dataset["refused"]?.trim().split(" ").length === count,
        refusals.length,
      );
      const refused = await page.locator("body").getAttribute("data-refused");
      assert.deepEqual(refused?.trim().split(" ").toSorted(), refusals.toSorted());
      assert.doesNotMatch(await page.title(), /owned/);
    });

    test("gives a demo's token to pages of this machine only", async () => {
      const { service } = bench();
      const statusFor = async (host: string): Promise<number | undefined> => {
        const asked = requestHttp(`${service.url}/demo/session`, { headers: { host } }).end();
        const [answer] = (await once(asked, "response")) as [IncomingMessage];
        answer.resume();
        return answer.statusCode;
      };
      assert.equal(await statusFor("localhost:3000"), 200);
      assert.equal(await statusFor("rebound.example"), 403);
      assert.equal(await statusFor("localhost.rebound.example"), 403);
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
        laptop.context.on("request", (asked) => requests.push(asked.url()));
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
        // Kept until the service has it for good, which is from its next flush on: whichever page asks after that forgets it.
        const kept = (): Promise<number> => tab.page.evaluate(() => localStorage.length);
        for (let reloads = 0; reloads < 20 && (await kept()) > 0; reloads++) {
          await tab.reload();
          await tab.untilStatus("saved");
        }
        assert.equal(await kept(), 0);
        assert.ok(requests.length > 5);
        assert.deepEqual(
          requests.filter((url) => url.includes(student.token) || /token|bearer/i.test(url)),
          [],
        );
      }));
  });
}

/** Runs in the page: what a script that got in would do. `data-refused` of the body lists what refused it. */
function tryEverything(): void {
  const { body } = document;
  const note = (what: string): void => void (body.dataset["refused"] = `${body.dataset["refused"] ?? ""} ${what}`);
  document.addEventListener("securitypolicyviolation", (event) => {
    if (event.effectiveDirective !== "require-trusted-types-for") note(event.effectiveDirective);
  });
  for (const attempt of [
    () => body.append(Object.assign(document.createElement("img"), { src: "https://elsewhere.example/x.png" })),
    () => body.setAttribute("style", "display: none"),
    () => void fetch("https://elsewhere.example/").catch(() => undefined),
    () => body.setAttribute("onclick", "document.title = 'owned'"),
    () => body.insertAdjacentHTML("beforeend", "<p>written</p>"),
    () => body.append(Object.assign(document.createElement("script"), { text: "document.title = 'owned'" })),
  ]) {
    try {
      attempt();
    } catch (error) {
      note((error as Error).name);
    }
  }
  body.click();
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
