import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { skipWithoutChromium } from "../../packages/dashboard/test/support/chromium.ts";
import { pageTests } from "./page-tests.ts";
import { safetyTests } from "./safety-tests.ts";
import { Bench } from "./support/bench.ts";
import { inOwnProcess } from "./support/renderers.ts";
import { SlowLine } from "./support/slow-line.ts";

/** Where the student stopped earlier, in most cases: far from both ends, so that a lost position shows. */
const earlier = 30;
const kilobyte = 1024;

describe("a student in a real browser, with the real service", { skip: skipWithoutChromium() }, () => {
  let bench: Bench;
  before(async () => (bench = await Bench.start()));
  after(() => bench[Symbol.asyncDispose]());

  describe("goes on at the last second seen", { concurrency: 3 }, () => {
    test("after seeking back and forth, and pausing, on another device", () =>
      bench.tell(async ({ device, measure }) => {
        const tab = await (await device()).openLecture();
        await tab.play(1.5);
        for (const seconds of [70, 12.4, 55, 33]) await tab.seek(seconds);
        await tab.play(1);
        const shown = await tab.pause();
        await tab.untilStatus("saved");
        await measure("seek back and forth, pause: other device", await (await device()).openLecture(), shown);
      }));

    test("after a reload in the middle of playing, twice", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const tab = await (await device()).openLecture();
        await measure("stored by a three-field save", tab, earlier);
        await tab.play(2);
        await measure("reload while playing", tab, await tab.reload());
        await tab.play(1);
        await measure("reload again", tab, await tab.reload());
      }));

    test("after closing the tab at double speed, on another device", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const laptop = await device();
        const tab = await laptop.openLecture();
        await tab.resumedAt();
        await tab.setSpeed(2);
        await tab.play(5);
        const shown = await tab.close();
        await student.untilHeld(shown);
        await measure("double speed, tab closed: other device", await (await device()).openLecture(), shown);
        await measure("double speed, tab closed: same device", await laptop.openLecture(), shown);
      }));

    test("after the network was gone and came back", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const laptop = await device();
        const tab = await laptop.openLecture();
        await tab.resumedAt();
        await tab.play(1);
        await laptop.setOffline(true);
        await tab.untilStatus("offline");
        await tab.play(1);
        await laptop.setOffline(false);
        await tab.untilStatus("saved");
        const shown = await tab.close();
        await measure("offline and back, tab closed: other device", await (await device()).openLecture(), shown);
      }));

    test("after closing the tab without a network", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const laptop = await device();
        const tab = await laptop.openLecture();
        await tab.resumedAt();
        await laptop.setOffline(true);
        await tab.play(2);
        const shown = await tab.close();
        await laptop.setOffline(false);
        await measure("tab closed offline: same device", await laptop.openLecture(), shown);
        await student.untilHeld(shown);
        await measure("tab closed offline, then other device", await (await device()).openLecture(), shown);
      }));

    test("on a slow network", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const phone = await device();
        const tab = await phone.newTab();
        const session = await phone.context.newCDPSession(tab.page);
        await session.send("Network.emulateNetworkConditions", {
          offline: false,
          latency: 400,
          downloadThroughput: 150 * kilobyte,
          uploadThroughput: 20 * kilobyte,
        });
        await tab.openLecture();
        await measure("throttled: opened", tab, earlier);
        await tab.play(2);
        await measure("throttled: reload", tab, await tab.reload());
      }));

    test("after closing the tab while a request is under way on a slow line", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        await using line = await SlowLine.open(bench.service.url);
        await using phone = await device({ baseURL: line.url });
        const tab = await phone.openLecture();
        await tab.resumedAt();
        await tab.play(2);
        const shown = await tab.close();
        await student.untilHeld(shown);
        await measure("slow line, tab closed: other device", await (await device()).openLecture(), shown);
      }));

    test("on the phone, although the laptop's older position arrives later", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const [laptop, phone] = [await device(), await device()];
        const onLaptop = await laptop.openLecture();
        await onLaptop.resumedAt();
        await laptop.setOffline(true);
        await onLaptop.play(1.5);
        await onLaptop.close();
        const onPhone = await phone.openLecture();
        await onPhone.resumedAt();
        await onPhone.seek(60);
        await onPhone.play(1);
        const shown = await onPhone.close();
        await student.untilHeld(shown);
        await laptop.setOffline(false);
        await measure("older position arrives late", await laptop.openLecture(), shown);
        await student.untilHeld(shown);
      }));

    test("in the tab that was played last, and the other one stops counting", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const laptop = await device();
        const first = await laptop.openLecture();
        await first.resumedAt();
        await first.play(1);
        const second = await laptop.openLecture();
        await second.resumedAt();
        await second.seek(60);
        await second.play(1);
        await first.untilStatus("superseded");
        const shown = await second.pause();
        await second.untilStatus("saved");
        await first.untilPaused();
        await first.seek(12);
        await first.close();
        await measure("two tabs: the one played last", second, await second.reload().then(() => shown));
        await measure("two tabs: other device", await (await device()).openLecture(), shown);
      }));

    test("on two devices in turn", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const [laptop, phone] = [await device(), await device()];
        const onLaptop = await laptop.openLecture();
        await onLaptop.resumedAt();
        await onLaptop.play(1);
        const left = await onLaptop.pause();
        await onLaptop.untilStatus("saved");
        const onPhone = await phone.openLecture();
        await measure("two devices: there", onPhone, left);
        await onPhone.seek(50);
        await onPhone.play(1);
        const shown = await onPhone.close();
        await student.untilHeld(shown);
        // The laptop still shows the old place: closing it must not take the newer one back.
        await onLaptop.close();
        await measure("two devices: and back", await laptop.openLecture(), shown);
      }));

    test("where the phone stopped, if the student says so on coming back to the laptop", () =>
      bench.tell(async ({ student, device, measure }) => {
        await student.save(earlier);
        const onLaptop = await (await device()).openLecture();
        await onLaptop.resumedAt();
        await onLaptop.play(1);
        await onLaptop.pause();
        await onLaptop.untilStatus("saved");
        await onLaptop.setHidden(true);
        const onPhone = await (await device()).openLecture();
        await onPhone.seek(65);
        await onPhone.play(1);
        const shown = await onPhone.close();
        await student.untilHeld(shown);
        const stoodAt = await onLaptop.position();
        await onLaptop.setHidden(false);
        await onLaptop.page.getByText("You went on to").waitFor();
        assert.equal(await onLaptop.position(), stoodAt, "it does not jump by itself");
        await onLaptop.page.getByRole("button", { name: "Go there" }).click();
        await measure("two devices: offered on coming back", onLaptop, shown);
        await student.untilHeld(shown);
      }));
  });

  test("has seen nearly all of a lecture when all sittings together have", () =>
    bench.tell(async ({ student, device }) => {
      await student.save(earlier);
      await student.credit([
        [0, 40],
        [44, 82],
      ]);
      const tab = await (await device()).openLecture();
      const coverage = tab.page.locator('[data-fact="coverage"]');
      const enough = tab.page.getByText("You have seen nearly all of it.");
      await tab.seek(81);
      await tab.play(2);
      assert.match(await coverage.innerText(), /^8[678] %$/);
      assert.equal(await enough.count(), 0);
      await tab.seek(39);
      await tab.play(6);
      await enough.waitFor();
      await tab.close();
      await student.untilCovered(0.9);
      const again = await (await device()).openLecture();
      await again.page.getByText("You have seen nearly all of it.").waitFor();
    }));

  test("what is stored is written down whole: a 0 that lasts a moment is seen", async () => {
    await assert.rejects(
      bench.tell(async ({ student }) => {
        await student.save(0);
        await student.save(earlier);
        await student.untilHeld(earlier);
      }),
      /the service held 0, 30/,
    );
  });

  test("after the tab's process was killed", () =>
    bench.tell(async ({ student, device, measure }) => {
      await student.save(earlier);
      const laptop = await device();
      const [tab, processes] = await inOwnProcess(bench.browser, () => laptop.openLecture());
      await tab.resumedAt();
      await tab.play(3.7);
      const shown = await tab.kill([...processes]);
      await measure("renderer killed while playing: same device", await laptop.openLecture(), shown);
      await student.untilHeld(shown);
      await measure("renderer killed, then other device", await (await device()).openLecture(), shown);
    }));

  pageTests(() => bench);
  safetyTests(() => bench);

  test("the measured errors", (t) => {
    t.diagnostic(`${"case".padEnd(48)} last shown  went on at  error`);
    for (const { name, shown, resumed } of bench.measurements) {
      const [seen, at] = [shown, resumed].map((seconds) => seconds.toFixed(2).padStart(10));
      t.diagnostic(`${name.padEnd(48)} ${seen}  ${at}  ${(resumed - shown).toFixed(2).padStart(5)} s`);
    }
    assert.ok(bench.measurements.length > 0);
  });
});
