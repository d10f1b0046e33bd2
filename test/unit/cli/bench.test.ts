import { afterEach, expect, test, vi } from 'vitest';
import { bench } from '../../../pipeline/cli/commands/bench.js';
import { EXIT } from '../../../pipeline/cli/exit-codes.js';

const options = { repeats: '1', peers: false, gpu: false, json: false };

afterEach(() => vi.restoreAllMocks());

test.each([
  ['wrong', options, 'there is no bench "wrong"', 'there are: engine, train, convert'],
  ['engine', { ...options, only: 'x' }, '--only: the measures of `bench engine`', 'leave it out'],
  ['train', { ...options, only: 'bert' }, '--only bert: no such case', 'mobilebert'],
  ['train', { ...options, gpu: true, only: 'mobilebert' }, '--only mobilebert: no such case', 'bert_large'],
  ['convert', { ...options, only: 'bert' }, '--only bert: no such case', 'there are: mobilebert, minilm_l6'],
  ['convert', { ...options, gpu: true }, '--gpu: only `bench train`', 'leave it out'],
  [
    'data',
    { ...options, only: 'hydrated' },
    '--only hydrated: no such case',
    'clean, baseline, hydrate, clean_10x',
  ],
  ['train', { ...options, set: ['data.package=x'] }, '--set: only `bench data`', 'leave it out'],
  ['train', { ...options, repeats: '0' }, '--repeats 0: not a count', 'give 1 or more'],
])('bench %s with %j is refused before anything is measured', async (area, given, what, next) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await bench(area, given)).toBe(EXIT.usage);
  const said = write.mock.calls.map(([text]) => String(text)).join('');
  expect(said).toContain(what);
  expect(said).toContain(next);
});
