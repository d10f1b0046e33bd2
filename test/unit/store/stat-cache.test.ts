import { lstatSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import { digestExternal } from '../../../pipeline/store/external.js';
import { StatCache } from '../../../pipeline/store/stat-cache.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-stat-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function oldFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  const past = new Date(Date.now() - 60_000);
  utimesSync(path, past, past);
  return path;
}

describe('StatCache', () => {
  test('knows an unchanged file, also after it was saved and loaded', async () => {
    const path = oldFile('a', 'text');
    const cache = new StatCache(join(folder, 'cache.json'));
    expect(await cache.digest(path)).toBe(digestOf('text'));
    cache.save();
    const loaded = new StatCache(join(folder, 'cache.json'));
    expect(loaded.peek(path, lstatSync(path, { bigint: true }))).toBe(digestOf('text'));
  });

  test('does not trust a file as young as its hashing (the racy rule)', async () => {
    const path = join(folder, 'young');
    writeFileSync(path, 'text');
    const cache = new StatCache(join(folder, 'cache.json'));
    await cache.digest(path);
    expect(cache.peek(path, lstatSync(path, { bigint: true }))).toBeNull();
  });

  test('reads a changed file again even when its size and modification time are as before', async () => {
    const path = oldFile('a', 'text');
    const cache = new StatCache(join(folder, 'cache.json'));
    await cache.digest(path);
    const { mtime } = lstatSync(path);
    writeFileSync(path, 'TEXT');
    utimesSync(path, mtime, mtime);
    expect(await cache.digest(path)).toBe(digestOf('TEXT'));
  });

  test('a cache file that cannot be read is only slow', async () => {
    writeFileSync(join(folder, 'cache.json'), '{"schema":1,"entr');
    expect(await new StatCache(join(folder, 'cache.json')).digest(oldFile('a', 'x'))).toBe(digestOf('x'));
  });
});

describe('digestExternal', () => {
  test('a folder is its files by path and content', async () => {
    const cache = new StatCache(join(folder, 'cache.json'));
    const data = mkdtempSync(join(folder, 'data-'));
    writeFileSync(join(data, 'a'), '1');
    const before = await digestExternal(data, cache);
    writeFileSync(join(data, 'b'), '1');
    const after = await digestExternal(data, cache);
    expect(before.ok && after.ok && before.value !== after.value).toBe(true);
    rmSync(join(data, 'b'));
    expect(await digestExternal(data, cache)).toEqual(before);
  });

  test('a missing path is said by name', async () => {
    const path = join(folder, 'nowhere');
    expect(await digestExternal(path, new StatCache(join(folder, 'cache.json')))).toEqual({
      ok: false,
      error: { path, problem: 'there is no such file or folder' },
    });
  });
});
