import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-write.js';
import type { Digest } from '../base/canonical.js';
import type { Collection } from './collection.js';
import type { StoreLayout } from './layout.js';

/**
 * Removes what was planned. The caller holds the collector's lock and no run goes on. Records go before the content that they
 * name, so that wherever it is killed no record promises what is gone; what is left over is found by the next collection.
 *
 * @param onItem called now and then with how many of how many are gone
 */
export async function collect(
  layout: StoreLayout,
  collection: Collection,
  onItem: (done: number, total: number) => void = () => undefined,
): Promise<void> {
  const { records, damagedRecords, links, views, runs, resumes, trees, blobs, notes, remains } = collection;
  const folders = [...views, ...runs, ...resumes, ...remains].map(({ path }) => path);
  const files = [...notes, ...trees, ...blobs].map(({ path }) => path);
  const total = records.length + damagedRecords.length + links.length + folders.length + files.length;
  let done = 0;
  const step = async (remove: () => void): Promise<void> => {
    remove();
    done += 1;
    if (done % 64 !== 0) return;
    onItem(done, total);
    // Ctrl-C must get through.
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (const { path } of [...records, ...damagedRecords]) await step(() => rmSync(path, { force: true }));
  forgetRecords(layout);
  for (const path of links) await step(() => rmSync(path, { force: true }));
  for (const path of folders) await step(() => discard(layout, path));
  for (const path of files) await step(() => rmSync(path, { force: true }));
}

/** The index grows with every result; here it becomes one line for each that is still there, in the same order. */
function forgetRecords(layout: StoreLayout): void {
  if (!existsSync(layout.instanceIndex)) return;
  const kept = new Set<string>();
  for (const line of readFileSync(layout.instanceIndex, 'utf8').split('\n')) {
    try {
      const { key } = JSON.parse(line) as { key: Digest };
      if (!existsSync(layout.action(key))) continue;
      // Of equal lines the last one stays: it says what is shown now.
      kept.delete(line);
      kept.add(line);
    } catch {
      // Empty, or torn by a crash.
    }
  }
  writeFileAtomically(layout.instanceIndex, [...kept].map((line) => `${line}\n`).join(''));
}

/** Moved away first, so that a crash never leaves half of a folder in its place. */
function discard(layout: StoreLayout, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  mkdirSync(layout.scratch, { recursive: true });
  const aside = join(layout.scratch, `collected-${process.pid}`);
  rmSync(aside, { recursive: true, force: true });
  renameSync(path, aside);
  rmSync(aside, { recursive: true, force: true });
}
