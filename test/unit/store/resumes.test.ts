import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Digest, digestOf } from '../../../pipeline/base/canonical.js';
import { tryLock } from '../../../pipeline/base/lock.js';
import { collect } from '../../../pipeline/store/collect.js';
import { planCollection } from '../../../pipeline/store/collection.js';
import { takeInventory } from '../../../pipeline/store/inventory.js';
import { ResumeFolders } from '../../../pipeline/store/resumes.js';
import { readKeyUse } from '../../../pipeline/store/roots.js';
import { DAY, StoreFixture } from './store-fixture.js';

const KEY = digestOf('a key');
const attempt = { instance: 'train@seed=1', run: 'run-1', forced: false };

let store: StoreFixture;
let folders: ResumeFolders;
beforeEach(() => {
  store = new StoreFixture();
  folders = new ResumeFolders(store.layout);
});
afterEach(() => store.remove());

/** An attempt that was cut off after it kept a state. */
function interrupted(key: Digest = KEY, more: Partial<typeof attempt> = {}, executor = 'local'): string {
  const { folder } = folders.begin(key, executor, { ...attempt, ...more });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'state'), 'x'.repeat(1000));
  return folder;
}

/** As if the result had been stored, now or before. */
function stored(key: Digest, secondsFromNow = 0): void {
  const path = store.layout.action(key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{}');
  const time = Date.now() / 1000 + secondsFromNow;
  utimesSync(path, time, time);
}

describe('what an attempt left', () => {
  test('is there for the next one at the same key on the same executor, and for no other', () => {
    expect(folders.holds(KEY, 'local', false)).toBe(false);
    expect(folders.begin(KEY, 'local', attempt)).toMatchObject({ anew: true });
    expect(folders.holds(KEY, 'local', false)).toBe(false);
    const folder = interrupted();
    expect(folders.holds(KEY, 'local', false)).toBe(true);
    expect(folders.begin(KEY, 'local', attempt)).toEqual({ folder, anew: false });
    expect(folders.holds(digestOf('another key'), 'local', false)).toBe(false);
    // A job that a killed engine left in a cluster's queue writes into its own folder still.
    expect(folders.holds(KEY, 'cluster', false)).toBe(false);
    folders.remove(KEY);
    expect(folders.holds(KEY, 'local', false)).toBe(false);
  });

  test('is not used where a result is to be made anew, unless it is of such an attempt', () => {
    interrupted();
    expect(folders.holds(KEY, 'local', true)).toBe(false);
    expect(folders.begin(KEY, 'local', { ...attempt, forced: true }).anew).toBe(true);
    interrupted(KEY, { forced: true });
    expect(folders.holds(KEY, 'local', true)).toBe(true);
    expect(folders.holds(KEY, 'local', false)).toBe(true);
  });

  test('is worth nothing once the result was stored after it; an older result does not matter', () => {
    stored(KEY, -60);
    interrupted();
    expect(folders.holds(KEY, 'local', false)).toBe(true);
    expect(folders.list()).toEqual([{ key: KEY, note: { schema: 1, ...attempt } }]);
    stored(KEY, 1);
    expect(folders.holds(KEY, 'local', false)).toBe(false);
    expect(folders.list()).toEqual([]);
    folders.dropStored();
    expect(takeInventory(store.layout).resumes).toEqual([]);
  });

  test('is not trusted without its note', () => {
    interrupted();
    writeFileSync(join(store.layout.resume(KEY), 'note.json'), '{"schema":');
    expect(folders.holds(KEY, 'local', false)).toBe(false);
    expect(folders.begin(KEY, 'local', attempt).anew).toBe(true);
  });
});

describe('a collection', () => {
  const plan = () =>
    planCollection(store.layout, takeInventory(store.layout), readKeyUse(store.layout), {
      now: store.now,
      age: 30 * DAY,
      present: null,
    });
  const found = () => plan().resumes.map(({ instance }) => instance);

  /** All of it, as if nobody had written there for so long. */
  function age(key: Digest, days: number, paths = ['local/state', 'local', 'note.json', '.']): void {
    for (const path of paths) store.age(join(store.layout.resume(key), path), days);
  }

  test('takes what nobody went on with for so long, by the newest file in it', async () => {
    interrupted();
    expect(found()).toEqual([]);
    age(KEY, 31, ['local', 'note.json', '.']);
    expect(found()).toEqual([]);
    age(KEY, 31);
    expect(found()).toEqual(['train@seed=1']);
    const planned = plan();
    expect(planned.freedBytes).toBeGreaterThan(1000);
    const before = planned.kept.bytes;
    await collect(store.layout, planned);
    expect(takeInventory(store.layout).resumes).toEqual([]);
    expect(plan().kept.bytes).toBe(before);
  });

  test('takes what only a kill left beside a result, however new', () => {
    interrupted();
    stored(KEY, 1);
    expect(found()).toEqual(['train@seed=1']);
  });

  test('leaves what somebody is at, here or in a queue', () => {
    interrupted();
    age(KEY, 31);
    const lock = tryLock(store.layout.keyLock(KEY), 'a run');
    expect(found()).toEqual([]);
    lock?.release();
    expect(found()).toEqual(['train@seed=1']);
    const queued = join(store.layout.executors, 'cluster', KEY.slice(7));
    mkdirSync(queued, { recursive: true });
    expect(found()).toEqual([]);
    rmSync(queued, { recursive: true });
    expect(found()).toEqual(['train@seed=1']);
  });
});
