import {
  chmodSync,
  existsSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunRecord } from '../../../pipeline/contract/store.js';
import { type Verification, verifyStore } from '../../../pipeline/store/verify.js';
import { StoreFixture } from './store-fixture.js';

let store: StoreFixture;
let record: RunRecord;
beforeEach(async () => {
  store = new StoreFixture();
  record = await store.result('a@seed=1', { table: 'content', 'x/é.bin': 'weights' });
});
afterEach(() => store.remove());

function verify(): Promise<Verification> {
  const { layout, stats } = store;
  return verifyStore({ layout, stats, onProgress: () => undefined, signal: new AbortController().signal });
}

const link = (): string => store.layout.outputs('a', { of: 'a@seed=1' });

/** As a disk does it: other bytes, the same size and times. */
function rot(path: string): void {
  const bytes = readFileSync(path);
  const first = bytes[0] ?? 0;
  bytes[0] = first ^ 1;
  chmodSync(path, 0o644);
  const before = new Date(Date.now() - 60_000);
  writeFileSync(path, bytes);
  utimesSync(path, before, before);
}

describe('verifying the store', () => {
  test('reads everything and finds nothing in a good one', async () => {
    const found = await verify();
    expect(found).toMatchObject({
      damaged: [],
      missing: [],
      checked: { record: 1, blob: 2, tree: 1, copy: 2 },
    });
    expect(found.bytes).toBeGreaterThan(28);
  });

  test.each([
    ['blob', 'table'],
    ['tree', 'model'],
  ] as const)('puts a damaged %s aside and says whose it is', async (kind, output) => {
    const path = store.blobOf(record, output);
    rot(path);
    const { damaged } = await verify();
    expect(damaged).toMatchObject([{ kind, path, instances: ['a@seed=1'] }]);
    expect(existsSync(path)).toBe(false);
    expect(existsSync(damaged[0]?.movedTo ?? '')).toBe(true);
    expect(store.outputs.presence(record, link()).state).toBe(kind === 'tree' ? 'missing' : 'restorable');
    const again = await verify();
    expect(again.damaged).toEqual([]);
    expect(again.missing).toMatchObject([{ instances: ['a@seed=1'] }]);
  });

  test('a blob is made again from a good copy', async () => {
    rot(store.blobOf(record, 'table'));
    await verify();
    expect(store.outputs.restore(record, link())).toBe(true);
    expect(await verify()).toMatchObject({ damaged: [], missing: [] });
  });

  test('removes a damaged copy that its times do not give away, so that it is made again', async () => {
    const copy = join(store.layout.view(record.key), 'model', 'x/é.bin');
    rot(copy);
    const { damaged } = await verify();
    expect(damaged).toMatchObject([{ kind: 'copy', path: copy, movedTo: null, instances: ['a@seed=1'] }]);
    expect(store.outputs.presence(record, link()).state).toBe('restorable');
    expect(store.outputs.restore(record, link())).toBe(true);
    expect(readFileSync(copy, 'utf8')).toBe('weights');
  });

  test('puts a truncated record aside, and leaves one of a newer version alone', async () => {
    const path = store.layout.action(record.key);
    truncateSync(path, 60);
    expect((await verify()).damaged).toMatchObject([
      { kind: 'record', path, problem: 'it is truncated or no JSON' },
    ]);
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, JSON.stringify({ schema: 2, key: record.key }));
    expect((await verify()).damaged).toEqual([]);
  });

  test('leaves out what vanishes while it reads', async () => {
    const extra = await store.result('b', { table: 'other' });
    const { layout, stats } = store;
    let first = true;
    const found = await verifyStore({
      layout,
      stats,
      onProgress: () => {
        if (!first) return;
        first = false;
        for (const path of [store.blobOf(extra, 'table'), store.blobOf(record, 'table')])
          rmSync(path, { force: true });
      },
      signal: new AbortController().signal,
    });
    expect(found.damaged).toEqual([]);
  });
});
