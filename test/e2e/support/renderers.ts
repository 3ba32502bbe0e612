import type { Browser } from "playwright-core";

/** Ids of the processes that render pages now. */
async function renderers(browser: Browser): Promise<Set<number>> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return new Set(processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id));
}

/**
 * The processes that render the pages of `open` and nobody else's, with what `open` gave. Nothing else may open a page
 * meanwhile.
 */
export async function inOwnProcess<Opened>(
  browser: Browser,
  open: () => Promise<Opened>,
): Promise<[Opened, Set<number>]> {
  const before = await renderers(browser);
  const opened = await open();
  return [opened, (await renderers(browser)).difference(before)];
}
