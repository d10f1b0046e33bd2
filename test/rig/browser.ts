import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults, RunOptions } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { INSTALLATION } from './pipeline-rig.js';

/** Debian's; nothing downloads a browser. */
const PROGRAM = '/usr/bin/chromium';
/** Chromium draws no higher picture in one piece. */
const HIGHEST_PX = 8000;
const axeSource = (): string =>
  readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Why no browser can be had here, or null. */
export function whyNoBrowser(): string | null {
  return existsSync(PROGRAM) ? null : `there is no ${PROGRAM} (Debian: chromium)`;
}

export function openBrowser(): Promise<Browser> {
  // Chromium's sandbox refuses to start as root; it opens our own pages only.
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox', '--disable-gpu'] });
}

/** A folder for what a run leaves to be looked at: `EDGELINE_LAB_RESULTS`, or artifacts/lab, which git ignores. */
export function resultsFolder(name: string): string {
  const folder = join(process.env.EDGELINE_LAB_RESULTS ?? join(INSTALLATION, 'artifacts', 'lab'), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A page that was opened from disk, and what it did that we should know. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly address: string;
  /** Console warnings and errors, exceptions, dialogs. */
  readonly complaints: readonly string[];
  /** Addresses of everything that the page asked for, itself included. */
  readonly requests: readonly string[];
  /** Those of them that its own policy refused. */
  readonly refused: readonly string[];
}

export async function visit(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  const refused: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  context.on('requestfailed', (request) => {
    if (request.failure()?.errorText === 'csp') refused.push(request.url());
  });
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type()))
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const address = pathToFileURL(file).href;
  await page.goto(address);
  return { page, address, complaints, requests, refused, [Symbol.asyncDispose]: () => context.close() };
}

/** Opens whatever folds, or what of it is asked for, as a reader would who opens all of it. */
export async function unfoldAll(page: Page, which = 'details'): Promise<void> {
  await page.locator(which).evaluateAll((all) => {
    for (const details of all) details.setAttribute('open', '');
  });
}

/** The whole page as pictures, top to bottom: `NAME.png`, `NAME-2.png` and so on. */
export async function photograph(page: Page, folder: string, name: string): Promise<void> {
  const width = page.viewportSize()?.width ?? 0;
  const height = await page.evaluate('document.documentElement.scrollHeight').then(Number);
  for (let y = 0, part = 1; y < height; y += HIGHEST_PX, part += 1) {
    const path = join(folder, `${name}${part === 1 ? '' : `-${part}`}.png`);
    const clip = { x: 0, y, width, height: Math.min(HIGHEST_PX, height - y) };
    await page.screenshot({ path, fullPage: true, clip });
  }
}

/**
 * What axe-core finds wrong: `rule (impact): element` of each, and whatever it cannot judge but for contrast, which it
 * cannot see over an image or below what scrolls. Its source comes in through the debugger, past the page's
 * policy, which stays in force for the page itself. The whole result is kept as JSON.
 */
export async function accessibilityProblems(
  page: Page,
  resultFile: string,
  options: RunOptions = {},
): Promise<readonly string[]> {
  await page.evaluate(axeSource());
  const results = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
  const { violations, incomplete, passes, testEngine, testEnvironment } = results;
  const kept = { testEngine, testEnvironment, violations, incomplete, passes: passes.map(({ id }) => id) };
  writeFileSync(resultFile, `${JSON.stringify(kept, null, 1)}\n`);
  const undecided = incomplete.filter(({ id }) => id !== 'color-contrast');
  return [...violations, ...undecided].flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${impact}): ${target.join(' ')}: ${failureSummary}`),
  );
}
