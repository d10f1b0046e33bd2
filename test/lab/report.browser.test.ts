import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunOptions } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityProblems,
  openBrowser,
  photograph,
  resultsFolder,
  unfoldAll,
  visit,
  whyNoBrowser,
} from '../rig/browser.js';
import { Fixture } from '../unit/stages/report/fixture.js';
import {
  chartContrastProblems,
  chartProblems,
  focusable,
  focused,
  foldedTexts,
  motions,
  tableRows,
} from './page-probes.js';
import { HOSTILE, hasRecordedLogs, type WrittenReport, writeReport } from './report-pages.js';

const missing = whyNoBrowser();
const hasPdfReader = spawnSync('pdftotext', ['-v']).status === 0;
const SMALL = { viewport: { width: 360, height: 740 } };
const NAMES = ['quickstart', 'study'];
const SCHEMES = ['light', 'dark'] as const;

describe.skipIf(missing !== null)(
  `the report in Chromium${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    const folder = missing === null ? resultsFolder('report') : '';
    const reports = new Map<string, WrittenReport>();
    let browser: Browser;

    beforeAll(async () => {
      browser = await openBrowser();
      for (const name of [...NAMES, 'hostile']) reports.set(name, await writeReport(name, folder));
      console.log(
        hasRecordedLogs
          ? 'the telemetry of the study is recorded: logs of boards of these kinds at other work; all else is made up'
          : 'all series are made up: ../shared is absent',
      );
    }, 300_000);
    afterAll(async () => {
      Fixture.removeAll();
      await browser?.close();
    });

    function reportOf(name: string): WrittenReport {
      const report = reports.get(name);
      if (report === undefined) throw new Error(`no report is called ${name}`);
      return report;
    }

    describe.each(NAMES)('%s', (name) => {
      it('opens from disk by itself, and complains of nothing', async () => {
        const { file, model } = reportOf(name);
        await using opened = await visit(browser, file);
        const { page, address } = opened;
        await unfoldAll(page);
        await page.mouse.wheel(0, 100_000);
        expect(opened.requests).toEqual([address]);
        expect(opened.complaints).toEqual([]);
        expect(await page.title()).toBe(model.title);
        expect(await page.locator('html').getAttribute('lang')).toBe('en');
        expect(await page.locator('h1').allTextContents()).toEqual([model.title]);
        for (const landmark of ['banner', 'main', 'navigation'] as const) {
          expect(await page.getByRole(landmark).count(), landmark).toBe(1);
        }
      });

      it('says what report.json says', async () => {
        const { file, model } = reportOf(name);
        await using opened = await visit(browser, file);
        const { page } = opened;
        const start = await page.locator('header').innerText();
        for (const notice of model.notices) expect(start).toContain(notice);
        const answers = await page.locator('.answer .choice').allInnerTexts();
        const named = new Map(model.results.map((row) => [row.id, row]));
        expect(answers).toEqual(
          model.answers.map(({ row }) => `${named.get(row)?.model} at ${named.get(row)?.precision}`),
        );
        const rows = (await page.evaluate(tableRows, 'result-table')).slice(-model.results.length);
        expect(rows).toHaveLength(model.results.length);
        for (const [index, row] of model.results.entries()) {
          const text = rows[index]?.join(' | ') ?? '';
          expect(text).toContain([row.model, row.precision, row.device].join(' | '));
          const figures = [
            `${row.accuracy.mean.toFixed(3)} ± ${row.accuracy.sd?.toFixed(3)}`,
            `${row.macro_f1.mean.toFixed(3)} ± ${row.macro_f1.sd?.toFixed(3)}`,
            (row.model_bytes / 1e6).toFixed(1),
            String(row.n_seeds),
          ];
          for (const figure of figures) expect(rows[index], text).toContain(figure);
        }
        await unfoldAll(page);
        const seeds = await page.evaluate(tableRows, 'seed-table');
        expect(seeds).toHaveLength(model.results.reduce((sum, { n_seeds }) => sum + n_seeds, 0));
        const provenance = await page.evaluate(tableRows, 'provenance-table');
        expect(provenance.map(([instance]) => instance)).toEqual([
          ...new Set(model.provenance.map(({ instance }) => instance)),
        ]);
      });

      it('draws every chart whole, at each width', async () => {
        const { file, model } = reportOf(name);
        for (const viewport of [SMALL.viewport, { width: 1280, height: 900 }]) {
          await using opened = await visit(browser, file, { viewport });
          await unfoldAll(opened.page);
          const charts = await opened.page.locator('main svg[role="img"]').count();
          expect(charts).toBeGreaterThan(model.telemetry.length);
          expect(await opened.page.evaluate(chartProblems)).toEqual([]);
        }
      });

      it('never scrolls sideways as a whole, folded or not', async () => {
        for (const viewport of [{ width: 320, height: 640 }, SMALL.viewport, { width: 1280, height: 900 }]) {
          await using opened = await visit(browser, reportOf(name).file, { viewport });
          const { page } = opened;
          expect(await widthOf(page)).toBe(viewport.width);
          await unfoldAll(page);
          expect(await widthOf(page)).toBe(viewport.width);
        }
      });

      // Only one rule looks at colours, and none but that one and sizes depend on the width.
      it.each<[number, 'light' | 'dark', RunOptions | null]>([
        [1280, 'light', { rules: { 'target-size': { enabled: true } } }],
        // The study has no colours that the quickstart has not, and many times as many cells.
        [1280, 'dark', name === 'study' ? null : { runOnly: ['color-contrast'] }],
        [360, 'light', { rules: { 'target-size': { enabled: true }, 'color-contrast': { enabled: false } } }],
        [360, 'dark', null],
      ])(
        'has nothing that axe-core finds wrong, and is photographed, %i px, %s',
        async (width, colorScheme, rules) => {
          const at = `${name}-${width}-${colorScheme}`;
          const viewport = { width, height: 900 };
          await using opened = await visit(browser, reportOf(name).file, { viewport, colorScheme });
          const { page } = opened;
          await photograph(page, folder, at);
          // What folds inside of a study's sections is the same again for each further seed.
          await unfoldAll(page, name === 'study' ? 'section > details' : 'details');
          expect(await page.evaluate(chartContrastProblems)).toEqual([]);
          if (rules === null) return;
          expect(await accessibilityProblems(page, join(folder, `${at}-axe.json`), rules)).toEqual([]);
        },
        300_000,
      );

      it('is reached and left by the Tab key in the order of the page, and shows where', async () => {
        await using opened = await visit(browser, reportOf(name).file, SMALL);
        const { page } = opened;
        if (name === 'quickstart') await unfoldAll(page);
        const stops = await page.evaluate(focusable);
        const walked: (string | null)[] = [];
        const unseen: (string | null)[] = [];
        for (let index = 0; index < stops.length; index += 1) {
          await page.keyboard.press('Tab');
          const { stop, isSeen } = await page.evaluate(focused);
          walked.push(stop);
          if (!isSeen) unseen.push(stop);
        }
        expect(walked).toEqual(stops);
        expect(unseen).toEqual([]);
      });

      it('has tables that scroll by keyboard, with their first column in view', async () => {
        await using opened = await visit(browser, reportOf(name).file, SMALL);
        const { page } = opened;
        await unfoldAll(page);
        const boxes = await page.locator('.scroll').all();
        let scrolled = 0;
        for (const box of boxes) {
          const wider = await box.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
          if (wider < 40) continue;
          scrolled += 1;
          if (scrolled > 12) break;
          await box.focus();
          await page.keyboard.press('ArrowRight');
          const name = await box.evaluate((element) => element.querySelector('table')?.id);
          await expect
            .poll(() => box.evaluate(({ scrollLeft }) => scrollLeft), { message: `${name}` })
            .toBeGreaterThan(0);
          const offset = await box.evaluate((element) => {
            const first = element.querySelector('tbody th');
            if (first === null) return 0;
            return first.getBoundingClientRect().left - element.getBoundingClientRect().left;
          });
          expect(Math.abs(offset), `${name}`).toBeLessThanOrEqual(1);
        }
        expect(scrolled).toBeGreaterThan(5);
      });

      it('opens what is folded by keyboard and by every link of its contents', async () => {
        await using opened = await visit(browser, reportOf(name).file, SMALL);
        const { page } = opened;
        const folds = page.locator('section > details');
        for (const fold of await folds.all()) {
          const isOpen = () => fold.evaluate((element) => element.hasAttribute('open'));
          const before = await isOpen();
          await fold.locator('summary').first().focus();
          await page.keyboard.press('Enter');
          expect(await isOpen()).toBe(!before);
          await page.keyboard.press('Space');
          expect(await isOpen()).toBe(before);
        }
        const links = await page.locator('nav a').all();
        expect(links).toHaveLength(await folds.count());
        for (const link of links) {
          const id = (await link.getAttribute('href'))?.slice(1) ?? '';
          await link.click();
          const heading = page.locator(`[id="${id}-heading"]`);
          expect(await heading.innerText()).toBe(await link.innerText());
          expect(await page.locator(`[id="${id}"]`).isVisible(), id).toBe(true);
          await expect
            .poll(() => heading.evaluate((h2) => h2.getBoundingClientRect().top), { message: id })
            .toBeLessThan(740);
          expect(await heading.evaluate((h2) => h2.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0);
        }
      });

      it.skipIf(!hasPdfReader)('prints all that is folded (needs pdftotext)', async () => {
        await using opened = await visit(browser, reportOf(name).file);
        const { page } = opened;
        const texts = await page.evaluate(foldedTexts);
        const file = join(folder, `${name}.pdf`);
        await page.pdf({ path: file, format: 'A4' });
        const printed = spawnSync('pdftotext', ['-raw', file, '-'], { encoding: 'utf8', maxBuffer: 2 ** 28 });
        expect(printed.status, printed.stderr).toBe(0);
        const bare = (text: string): string => text.replace(/\s+/g, '');
        const whole = bare(printed.stdout);
        expect(texts.length).toBeGreaterThan(100);
        expect([...new Set(texts.filter((text) => !whole.includes(bare(text))))]).toEqual([]);
      });
    });

    it('links from a row to its seeds, which are folded', async () => {
      await using opened = await visit(browser, reportOf('study').file);
      const { page } = opened;
      const target = page.locator('#row-3');
      expect(await target.isVisible()).toBe(false);
      await page.locator('a[href="#row-3"]').first().click();
      await expect.poll(() => target.isVisible()).toBe(true);
    });

    it('begins with a link past its notices, which is seen once it has the focus', async () => {
      await using opened = await visit(browser, reportOf('quickstart').file);
      const { page } = opened;
      const skip = page.locator('a.skip');
      expect((await skip.boundingBox())?.x).toBeLessThan(0);
      await page.keyboard.press('Tab');
      expect((await skip.boundingBox())?.x).toBeGreaterThanOrEqual(0);
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
    });

    it('is as the reader prefers: light or dark, and never moves', async () => {
      const colors = new Set<string>();
      for (const colorScheme of SCHEMES) {
        await using opened = await visit(browser, reportOf('quickstart').file, {
          colorScheme,
          reducedMotion: 'reduce',
        });
        const { page } = opened;
        colors.add(String(await page.evaluate('getComputedStyle(document.body).backgroundColor')));
        await unfoldAll(page);
        expect(await page.evaluate(motions)).toEqual([]);
      }
      expect(colors.size).toBe(2);
    });

    it('links to nothing but its own places and files that lie beside it', async () => {
      for (const name of NAMES) {
        const { file } = reportOf(name);
        await using opened = await visit(browser, file);
        const hrefs = await opened.page
          .locator('a[href]')
          .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
        const files = new Set(
          hrefs.filter((href) => !/^(#|data:(text\/csv|application\/x-tex)[;,])/.test(href)),
        );
        expect([...files].filter((href) => !existsSync(join(dirname(file), href)))).toEqual([]);
        for (const href of new Set(hrefs.filter((target) => target.startsWith('#')))) {
          expect(await opened.page.locator(`[id="${href.slice(1)}"]`).count(), href).toBe(1);
        }
      }
    });

    it('gives the values of a chart as a file', async () => {
      await using opened = await visit(browser, reportOf('quickstart').file);
      await unfoldAll(opened.page);
      const link = opened.page.locator('a[download][href^="data:"]').first();
      const [download] = await Promise.all([opened.page.waitForEvent('download'), link.click()]);
      expect(download.suggestedFilename()).toMatch(/\.csv$/);
      const [header = '', ...lines] = readFileSync(await download.path(), 'utf8')
        .trim()
        .split('\n');
      expect(lines.length).toBeGreaterThan(1);
      expect(new Set(lines.map((line) => line.split(',').length))).toEqual(
        new Set([header.split(',').length]),
      );
    });

    it('shows hostile names and tweets as text, and runs none of them', async () => {
      await using opened = await visit(browser, reportOf('hostile').file);
      const { page } = opened;
      await unfoldAll(page);
      expect(opened.complaints).toEqual([]);
      expect(opened.requests).toEqual([opened.address]);
      const shown = HOSTILE.replace('\u202e', '[U+202E]');
      expect(await page.title()).toBe(shown);
      expect(await page.locator('h1').textContent()).toBe(shown);
      expect(await page.locator('script, img').count()).toBe(0);
      expect(await widthOf(page)).toBe(1280);
    });

    it('runs and loads nothing even if an escape were forgotten', async () => {
      const text = readFileSync(reportOf('quickstart').file, 'utf8');
      const escaped =
        '<script>document.title = "ran"</script><img src="x" onerror="document.title = \'ran\'"><img src="https://203.0.113.1/x.png"><a id="bad" href="javascript:document.title=\'ran\'">x</a><button id="event" onclick="document.title=\'ran\'">y</button><style>@import "https://203.0.113.1/x.css";</style>';
      const file = join(folder, 'unescaped.html');
      writeFileSync(file, text.replace('<main id="main">', `<main id="main">${escaped}`));
      await using opened = await visit(browser, file);
      const { page, requests, refused, complaints, address } = opened;
      await page.locator('#event').click();
      await page.locator('#bad').click();
      expect(await page.title()).toBe(reportOf('quickstart').model.title);
      expect(requests.filter((asked) => !refused.includes(asked))).toEqual([address]);
      expect(complaints.filter((text) => text.includes('Content Security Policy')).length).toBeGreaterThan(3);
      // The same page without the policy: the proof that the scripts above would have run.
      await using open = await visit(browser, file, { bypassCSP: true, offline: true });
      expect(await open.page.title()).toBe('ran');
    });
  },
);

const widthOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth').then(Number);
