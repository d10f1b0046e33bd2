import { appendFileSync, existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Digest, digestOf } from '../../../pipeline/base/canonical.js';
import { collect } from '../../../pipeline/store/collect.js';
import {
  type Collection,
  type CollectionOptions,
  planCollection,
} from '../../../pipeline/store/collection.js';
import { takeInventory } from '../../../pipeline/store/inventory.js';
import { RecordStore } from '../../../pipeline/store/records.js';
import { readKeyUse } from '../../../pipeline/store/roots.js';
import { DAY, StoreFixture } from './store-fixture.js';

let store: StoreFixture;
beforeEach(() => {
  store = new StoreFixture();
});
afterEach(() => store.remove());

const present = (instances: readonly string[], keys: readonly Digest[] = []) => ({
  instances: new Set(instances),
  keys: new Set(keys),
});

function plan(options: Partial<CollectionOptions> = {}): Collection {
  const { layout, now } = store;
  const given = { now, age: 30 * DAY, present: present([]), ...options };
  return planCollection(layout, takeInventory(layout), readKeyUse(layout), given);
}

const doomed = ({ records }: Collection): readonly string[] =>
  records.map(({ record }) => record.instance).sort();

describe('what a collection removes', () => {
  test('is what nothing used for so long, with its view, its link and the content that nobody else names', async () => {
    const old = await store.result('old', { table: 'mine', 'a.bin': 'shared' }, { daysAgo: 31 });
    const recent = await store.result('recent', { 'b.bin': 'shared' }, { daysAgo: 29 });
    const planned = plan();
    expect(doomed(planned)).toEqual(['old']);
    await collect(store.layout, planned);
    expect(existsSync(store.layout.action(old.key))).toBe(false);
    expect(existsSync(store.layout.view(old.key))).toBe(false);
    expect(existsSync(store.layout.outputs('old', { of: 'old' }))).toBe(false);
    expect(existsSync(store.blobOf(old, 'table'))).toBe(false);
    expect(existsSync(store.blobOf(old, 'model'))).toBe(false);
    const link = store.layout.outputs('recent', { of: 'recent' });
    expect(store.outputs.presence(recent, link)).toEqual({ state: 'present' });
    expect(planned.kept).toMatchObject({ present: 0, resumable: 0, recent: 1 });
    expect(plan()).toMatchObject({ records: [], blobs: [], trees: [], views: [], freedBytes: 0 });
  });

  test('is never the last result of an instance of the present pipeline.yaml, nor what it would reuse', async () => {
    const planned = await store.result('a', { table: 'with the options of the file' }, { daysAgo: 99 });
    await store.result('a', { table: 'with --set' }, { daysAgo: 98 });
    await store.result('a', { table: 'latest, with --set' }, { daysAgo: 97 });
    await store.result('dropped', { table: 'of a stage that is no longer there' }, { daysAgo: 97 });
    const collection = plan({ age: 0, present: present(['a'], [planned.key]) });
    expect(doomed(collection)).toEqual(['a', 'dropped']);
    expect(collection.kept.present).toBe(2);
    expect(doomed(plan({ age: 0, present: null }))).toEqual(['a', 'a']);
  });

  test("is no profile's last result, when two share the name of an instance", async () => {
    const quick = await store.result('a', { table: 'quick' }, { daysAgo: 99 });
    const full = await store.result('a', { table: 'full' }, { daysAgo: 98 });
    await store.run('run-1', [quick], { profile: ['quick'], daysAgo: 99 });
    await store.run('run-2', [full], { profile: ['full'], daysAgo: 98 });
    const collection = plan({ age: 0, present: present(['a']) });
    expect(collection).toMatchObject({ records: [], runs: [] });
  });

  test('is nothing that a run which did not succeed has done, as long as none of its profile came after it', async () => {
    const made = await store.result('a', { table: 'done before it was killed' }, { daysAgo: 99 });
    await store.result('a', { table: 'later' }, { daysAgo: 98 });
    await store.run('run-1', [made], { status: null, daysAgo: 99 });
    expect(plan({ age: 0 }).kept.resumable).toBe(1);
    expect(existsSync(store.layout.view(made.key))).toBe(true);
    // Work that outlived its engine may still read it.
    expect(plan({ age: 0 }).views.map(({ name }) => name)).not.toContain(made.key.slice(7));
    await store.run('run-2', [], { daysAgo: 98 });
    expect(plan({ age: 0 }).kept.resumable).toBe(0);
    expect(plan({ age: 0 }).runs.map(({ name }) => name)).toEqual(['run-1']);
  });

  test('counts a use that a journal tells as one', async () => {
    const made = await store.result('a', { table: 'made long ago' }, { daysAgo: 99 });
    await store.run('run-1', [made], { daysAgo: 3 });
    await store.run('run-2', [], { daysAgo: 2 });
    expect(plan().kept.recent).toBe(1);
    expect(doomed(plan({ age: 2.5 * DAY }))).toEqual(['a']);
  });

  test('goes by size from the least recently used on, and stops as soon as the rest fits', async () => {
    const big = (name: string): string => name.repeat(10_000);
    await store.result('kept', { table: big('k') }, { daysAgo: 9 });
    await store.result('first', { table: big('1'), 'x.bin': big('x') }, { daysAgo: 5 });
    await store.result('second', { table: big('2'), 'x.bin': big('x') }, { daysAgo: 4 });
    await store.result('third', { table: big('3') }, { daysAgo: 3 });
    const only = present(['kept']);
    const all = plan({ present: only }).kept.bytes;
    expect(doomed(plan({ present: only, maxBytes: all }))).toEqual([]);
    // Gone with the first: its table and both copies in its view, but not what the second names too.
    expect(doomed(plan({ present: only, maxBytes: all - 25_000 }))).toEqual(['first']);
    expect(doomed(plan({ present: only, maxBytes: all - 35_000 }))).toEqual(['first', 'second']);
    const none = plan({ present: only, maxBytes: 0 });
    expect(doomed(none)).toEqual(['first', 'second', 'third']);
    expect(none.kept.bytes).toBeGreaterThan(20_000);
    await collect(store.layout, none);
    expect(plan({ present: only }).kept.bytes).toBe(none.kept.bytes);
  });

  test('are views that nothing shows, since they are made again, unless the store lacks some of them', async () => {
    const link = store.layout.outputs('a', { of: 'a' });
    const one = await store.result('a', { table: 'one' });
    const two = await store.result('a', { table: 'two' });
    const name = ({ key }: { key: Digest }): string => key.slice(7);
    expect(plan().views.map((view) => view.name)).toEqual([name(one)]);
    rmSync(store.blobOf(one, 'table'));
    expect(plan().views).toEqual([]);
    expect(store.outputs.presence(two, link).state).toBe('present');
  });

  test('are what crashes and damage left, when it is old enough', async () => {
    const made = await store.result('a', { table: 'x' });
    const left = `${store.layout.blob(digestOf('y'))}.123.tmp`;
    const aside = store.layout.quarantine(digestOf('z'));
    for (const path of [left, aside]) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'left');
      store.age(path, 0.01);
    }
    expect(plan().remains).toEqual([]);
    for (const path of [left, aside]) store.age(path, 31);
    expect(plan().remains.map(({ path }) => path)).toEqual([left, aside]);
    truncateSync(store.layout.action(made.key), 40);
    const planned = plan({ present: null });
    expect(planned.damagedRecords).toHaveLength(1);
    expect(planned.blobs).toHaveLength(1);
    await collect(store.layout, planned);
    expect(takeInventory(store.layout)).toMatchObject({
      records: [],
      damagedRecords: [],
      blobs: [],
      temporary: [],
      quarantine: [],
    });
  });
});

describe('a collection', () => {
  test('that was killed after the records leaves what the next one finds', async () => {
    const old = await store.result('old', { table: 'x', 'a.bin': 'y' }, { daysAgo: 31 });
    const planned = plan();
    // All that was done when it was killed: records go first.
    for (const { path } of planned.records) rmSync(path);
    expect(new RecordStore(store.layout).last('old')).toBeNull();
    await collect(store.layout, plan());
    expect(existsSync(store.layout.view(old.key))).toBe(false);
    expect(takeInventory(store.layout)).toMatchObject({
      records: [],
      blobs: [],
      trees: [],
      views: [],
      links: [],
    });
  });

  test('tolerates torn lines in index and journals, and leaves an index of one line an instance', async () => {
    const before = await store.result('a', { table: '1' }, { daysAgo: 40 });
    const after = await store.result('a', { table: '2' }, { daysAgo: 39 });
    await store.run('run-1', [before, after], { daysAgo: 39 });
    appendFileSync(store.layout.instanceIndex, '\n{"instance":"a","ke');
    appendFileSync(join(store.layout.runs, 'run-1', 'events.jsonl'), '{"type":"instance-fin');
    const planned = plan({ present: present(['a']) });
    expect(planned.records.map(({ record }) => record.key)).toEqual([before.key]);
    await collect(store.layout, planned);
    const records = new RecordStore(store.layout);
    expect(records.last('a')?.key).toBe(after.key);
    records.point('a', before.key);
    expect(new RecordStore(store.layout).last('a')).toBeNull();
  });
});
