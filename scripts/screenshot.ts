// Takes a picture of a page: node scripts/screenshot.ts URL OUT.png [--dark] [--full] [--select CSS]

import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";

/** Where Debian's package puts the browser; CHROMIUM names another. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A browser that talks to nobody but the page it is given, and works as root and without a GPU. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a headless browser with a fresh profile, which goes when the browser is closed. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS, timeout: 60_000 });
}

export type Picture = { readonly dark?: boolean; readonly full?: boolean; readonly select?: string };

/** Writes a picture, 1280 pixels wide, of a page once its diagrams are drawn. */
export async function takePicture(url: string, file: string, how: Picture = {}): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      colorScheme: how.dark ? "dark" : "light",
    });
    await page.goto(url, { waitUntil: "load", timeout: 30_000 });
    await page.waitForSelector("html[data-ready]", { timeout: 30_000 });
    if (how.select === undefined) await page.screenshot({ path: file, fullPage: how.full ?? false });
    else await page.locator(how.select).first().screenshot({ path: file });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { dark: { type: "boolean" }, full: { type: "boolean" }, select: { type: "string" } },
  });
  const [url, file] = positionals;
  if (url === undefined || file === undefined) {
    console.error("usage: node scripts/screenshot.ts URL OUT.png [--dark] [--full] [--select CSS]");
    process.exit(2);
  }
  const { dark = false, full = false, select } = values;
  await takePicture(url, file, { dark, full, ...(select === undefined ? {} : { select }) });
}
