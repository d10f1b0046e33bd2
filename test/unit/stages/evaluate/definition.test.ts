import { expect, it } from 'vitest';
import type { Scalar } from '../../../../pipeline/contract/config.js';
import { definition } from '../../../../stages/evaluate/definition.js';
import { resolveContext } from '../resolve-context.js';

const devices = {
  local: { name: 'local', transport: 'local', threads: 1 },
  rpi3b: { name: 'rpi3b', transport: 'ssh', host: 'pi@rpi3b', threads: 4 },
} as const;

const resolve = (
  options: Parameters<typeof definition.resolve>[0],
  seed: Scalar,
  device = 'rpi3b',
  seeds: readonly Scalar[] = [1, 2, 3],
) =>
  definition.resolve(
    options,
    resolveContext({ coordinates: { device, seed }, axes: { seed: seeds }, devices }),
  );
const optionsOf = (...given: Parameters<typeof resolve>) => {
  const resolved = resolve(...given);
  return 'blocked' in resolved ? resolved : resolved.options;
};

it('keeps the options of before, and with them the keys, where nothing new is asked for', () => {
  expect(Object.keys(optionsOf({}, 1))).toEqual(['protocol', 'threads', 'device']);
  expect(optionsOf({ timing_seeds: [1, 3], answers: 'device' }, 3)).toEqual(optionsOf({}, 3));
  expect(optionsOf({ timing_seeds: 'first' }, 1)).toEqual(optionsOf({}, 1));
});

it('times the seeds that are named', () => {
  expect(optionsOf({ timing_seeds: [1] }, 2)).toEqual({ ...optionsOf({}, 2), timing: 'none' });
  expect(optionsOf({ timing_seeds: 'first' }, 2)).toMatchObject({ timing: 'none' });
  expect(optionsOf({ timing_seeds: ['b'] }, 'a', 'rpi3b', ['a', 'b'])).toMatchObject({ timing: 'none' });
  // Which others are timed is nothing to a seed that is not.
  expect(optionsOf({ timing_seeds: [1] }, 3)).toEqual(optionsOf({ timing_seeds: [1, 2] }, 3));
});

it('refuses a list in which no seed is found', () => {
  expect(resolve({ timing_seeds: [7] }, 1)).toEqual({
    blocked: 'timing_seeds names 7, but the seeds are 1, 2, 3: nothing would be timed',
    hint: 'Name one of them, or write `timing_seeds: first`.',
  });
  expect(definition.options.safeParse({ timing_seeds: [] }).success).toBe(false);
});

it('lets this machine answer for another one alone, with as many threads', () => {
  expect(resolve({ answers: 'host' }, 1)).toMatchObject({
    options: { answers: { from: 'host', after_texts: 256 } },
    needs: { cpu: 4 },
  });
  expect(resolve({ answers: 'host' }, 1, 'local')).toEqual(resolve({}, 1, 'local'));
});
