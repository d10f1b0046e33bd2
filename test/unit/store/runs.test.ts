import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { selfAsHolder } from '../../../pipeline/base/lock.js';
import { LogTail, offsetOfLastLines } from '../../../pipeline/store/log-tail.js';
import { journalEnds, liveRuns } from '../../../pipeline/store/runs.js';
import { StoreFixture } from './store-fixture.js';

let store: StoreFixture;
beforeEach(() => {
  store = new StoreFixture();
});
afterEach(() => store.remove());

test('the ends of a journal are read from whole lines, however long', async () => {
  const { layout } = store;
  expect(journalEnds(layout, 'none')).toBeNull();
  await store.run('r1', []);
  const path = join(layout.runs, 'r1', 'events.jsonl');
  expect(journalEnds(layout, 'r1')).toMatchObject({
    first: { type: 'run-started' },
    last: { type: 'run-finished', status: 'succeeded' },
  });
  const long = { type: 'note', message: 'é'.repeat(100_000), time: 1 };
  appendFileSync(path, `${JSON.stringify(long)}\n{"type":"instance-fin`);
  expect(journalEnds(layout, 'r1')?.last).toEqual(long);
  writeFileSync(path, '{"type":"run-sta');
  expect(journalEnds(layout, 'r1')).toBeNull();
});

test('a run goes on while its process is there', () => {
  const { layout } = store;
  expect(liveRuns(layout)).toEqual([]);
  const holder = selfAsHolder('pipeline run all');
  for (const [run, owner] of [
    ['b', holder],
    ['a', { ...holder, startTime: '1' }],
    ['c', { ...holder, bootId: 'another' }],
  ] as const) {
    mkdirSync(dirname(layout.owner(run)), { recursive: true });
    writeFileSync(layout.owner(run), JSON.stringify(owner));
  }
  writeFileSync(layout.owner('torn'), '{"pid":');
  expect(liveRuns(layout)).toEqual([{ run: 'b', holder }]);
});

test('a tail gives whole lines as they come, and the rest at the end', () => {
  const path = join(store.root, 'log');
  const tail = new LogTail(path);
  expect(tail.read()).toEqual([]);
  const bytes = Buffer.from('one\ntwö');
  writeFileSync(path, bytes.subarray(0, -1));
  expect(tail.read()).toEqual(['one']);
  // The second half of a character that two writes tore apart.
  appendFileSync(path, bytes.subarray(-1));
  expect(tail.read()).toEqual([]);
  appendFileSync(path, '\n\nthree');
  expect(tail.read()).toEqual(['twö', '']);
  expect(tail.end()).toEqual(['three']);
});

test('a tail goes on behind the same lines of a file that was put in the place of its own', () => {
  const path = join(store.root, 'log');
  writeFileSync(path, 'a secret\ntwo\nrest');
  const tail = new LogTail(path, 9);
  expect(tail.read()).toEqual(['two']);
  expect(tail.reopen()).toEqual([]);
  writeFileSync(`${path}.new`, 'a ***\ntwo\nrest\nfour\n');
  renameSync(`${path}.new`, path);
  expect(tail.read()).toEqual([]);
  expect(tail.reopen()).toEqual(['rest']);
  expect(tail.read()).toEqual(['four']);
});

test.each([
  ['', 1, 0],
  ['one', 1, 0],
  ['one\ntwo\n', 1, 4],
  ['one\ntwo', 1, 4],
  ['one\ntwo\n', 2, 0],
  ['one\n\n\n', 2, 4],
  ['one\n', 9, 0],
])('the last lines of %j, %i of them, begin at %i', (text, count, offset) => {
  const path = join(store.root, 'log');
  writeFileSync(path, text);
  expect(offsetOfLastLines(path, count)).toBe(offset);
});
