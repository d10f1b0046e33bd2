import { expect, it } from 'vitest';
import { newRunId } from '../../../pipeline/store/journal.js';

it('names a run by the time of its start', () => {
  expect(newRunId(new Date('2026-11-20T23:14:05.900Z'), '4f2a')).toBe('20261120T231405-4f2a');
  expect(newRunId(new Date('2026-11-20T23:14:05Z'), '4f2a', '20261120T231404-ffff')).toBe(
    '20261120T231405-4f2a',
  );
});

it('counts on from the newest run where the clock went back', () => {
  expect(newRunId(new Date('2026-11-20T23:14:05Z'), '4f2a', '20261231T235959-ffff')).toBe(
    '20270101T000000-4f2a',
  );
});

it('counts on within a second, so that the later of two quick runs is the last', () => {
  const first = newRunId(new Date('2026-11-20T23:14:05.100Z'), 'ffff');
  const second = newRunId(new Date('2026-11-20T23:14:05.900Z'), '0000', first);
  expect([second, first].sort().at(-1)).toBe(second);
});

it('takes no notice of a folder that is no run', () => {
  expect(newRunId(new Date('2026-11-20T23:14:05Z'), '4f2a', 'zzz')).toBe('20261120T231405-4f2a');
});
