import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { err, ok, type Result } from '../base/result.js';

export interface UsablePage {
  readonly seconds: number;
  /** Name and version. */
  readonly browser: string;
}

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const LONGEST_MILLISECONDS = 60_000;
/** After them, what changed is painted. */
const TWO_FRAMES =
  'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))';

/**
 * Seconds from asking a fresh Chromium for a page until its first table and its first chart are laid out and a key is
 * answered: a page whose main thread still works would not answer. The error says what is missing.
 *
 * @param file a report.html
 * @param places where a Chromium may be
 */
export async function usableSeconds(
  file: string,
  places: readonly string[] = PLACES,
): Promise<Result<UsablePage, string>> {
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined) {
    return err(`no Chromium at ${places.join(', ')}; on Debian \`apt-get install chromium\` brings one`);
  }
  const driver = await import('playwright-core').catch(() => null);
  if (driver === null) {
    return err('playwright-core is not installed; in a checkout of Edgeline `npm ci` brings it');
  }
  let browser: Browser;
  try {
    // Its own sandbox does not work as root, as in containers; the page is ours and holds no script.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await driver.chromium.launch({ executablePath, args });
  } catch (error) {
    const [first] = String(error).split('\n');
    return err(`${executablePath} cannot be started: ${first ?? ''}`);
  }
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(LONGEST_MILLISECONDS);
    const started = performance.now();
    await page.goto(pathToFileURL(file).href, { waitUntil: 'commit' });
    await page.locator('table').first().waitFor({ state: 'visible' });
    await page.locator('figure svg').first().waitFor({ state: 'visible' });
    await page.waitForLoadState('load');
    await page.keyboard.press('Tab');
    // The skip link is the first that a key reaches.
    await page.locator('.skip:focus').waitFor();
    await page.evaluate(TWO_FRAMES);
    const seconds = (performance.now() - started) / 1000;
    return ok({ seconds, browser: `Chromium ${browser.version()}` });
  } finally {
    await browser.close();
  }
}
