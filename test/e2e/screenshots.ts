/** `npm run screenshots`: the student's page as it is served, for a person to look at, and the README's picture. */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Bench } from "./support/bench.ts";
import { course, lecture } from "./support/student.ts";

const usage = `Takes pictures of the student's page as the service serves it, with the demo student: every view at three widths in light
and dark, written to .cache/screenshots/served; and the README's picture, docs/student-page.png.

  npm run screenshots

It needs Chromium, and the student's page built (npm run build -w @aetherlearn/dashboard).
`;

const views = { dashboard: "/", lecture: `/#/watch/${course}/${lecture}` };
const folder = fileURLToPath(new URL("../../.cache/screenshots/served/", import.meta.url));
const picture = fileURLToPath(new URL("../../docs/student-page.png", import.meta.url));
/** What the README shows: the page down to the year. */
const clip = { x: 60, y: 70, width: 1160, height: 1092 };
/** Until what moves by itself, as the spinner of a video that sought does, has come to rest. */
const restMs = 2_500;

async function takePictures(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await using bench = await Bench.start();
  for (const colorScheme of ["light", "dark"] as const) {
    await using device = await bench.device({ colorScheme });
    const { page } = await device.newTab();
    for (const [name, path] of Object.entries(views)) {
      await page.goto(path);
      await page.waitForLoadState("networkidle");
      await page.waitForFunction(() => {
        const video = document.querySelector("video");
        return !video || (video.readyState === video.HAVE_ENOUGH_DATA && !video.seeking);
      });
      for (const width of [360, 768, 1280]) {
        await page.setViewportSize({ width, height: width < 500 ? 740 : 900 });
        await page.waitForTimeout(restMs);
        await page.screenshot({ path: `${folder}${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
      if (name === "dashboard" && colorScheme === "light")
        await page.screenshot({ path: picture, clip, fullPage: true });
    }
  }
  process.stdout.write(`written to ${folder} and ${picture}\n`);
}

const [argument] = process.argv.slice(2);
if (argument === undefined) await takePictures();
else {
  process.stdout.write(usage);
  process.exitCode = argument === "--help" ? 0 : 2;
}
