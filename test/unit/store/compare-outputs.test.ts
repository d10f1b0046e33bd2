import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OutputDefinition } from '../../../pipeline/contract/stage.js';
import type { Artifact } from '../../../pipeline/contract/store.js';
import { compareOutputs, type StoredOutputs } from '../../../pipeline/store/compare-outputs.js';
import { ContentStore } from '../../../pipeline/store/content.js';
import { storeLayout } from '../../../pipeline/store/layout.js';

const OUTPUTS: readonly OutputDefinition[] = [
  { name: 'table', artifact: 'table', path: 'table.txt', kind: 'file' },
  { name: 'model', artifact: 'model', path: 'model', kind: 'tree' },
];

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'edgeline-compare-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Outputs in a store of their own, as a worker would have written them. */
async function made(name: string, files: Readonly<Record<string, string>>): Promise<StoredOutputs> {
  const layout = storeLayout(join(root, name));
  const content = new ContentStore(layout);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'out', path)), { recursive: true });
    writeFileSync(join(root, 'out', path), text);
  }
  const outputs: Record<string, Artifact> = {};
  for (const output of OUTPUTS) {
    const artifact = await content.ingest(join(root, 'out'), output);
    if (!artifact.ok) throw new Error(artifact.error.problem);
    outputs[output.name] = artifact.value;
  }
  rmSync(join(root, 'out'), { recursive: true, force: true });
  return { outputs, content, blob: layout.blob };
}

test('the same bytes are no difference', async () => {
  const files = { 'table.txt': 'a', 'model/weights': 'w' };
  expect(compareOutputs(await made('1', files), await made('2', files))).toEqual([]);
});

test('every file that differs is named, with the first byte that does', async () => {
  const long = 'x'.repeat(3_000_000);
  const before = await made('1', {
    'table.txt': `${long}ab`,
    'model/weights': 'same',
    'model/old': '1',
    'model/cut': 'abc',
  });
  const after = await made('2', {
    'table.txt': `${long}ac`,
    'model/weights': 'same',
    'model/new': '1',
    'model/cut': 'ab',
  });
  expect(
    compareOutputs(before, after).map(({ path, first_difference, before: was, after: is }) => [
      path,
      was?.size ?? null,
      is?.size ?? null,
      first_difference,
    ]),
  ).toEqual([
    ['model/cut', 3, 2, 2],
    ['model/new', null, 1, null],
    ['model/old', 1, null, null],
    ['table.txt', 3_000_002, 3_000_002, 3_000_001],
  ]);
});
