import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Scalar } from '../../../../pipeline/contract/config.js';
import { definition } from '../../../../stages/fine-tune/definition.js';
import { resolveContext } from '../resolve-context.js';

const defaults = z.record(z.string(), z.json()).parse(definition.options.parse({}));

function resolve(seed: Scalar | undefined, cpuCount = 2) {
  const coordinates = seed === undefined ? {} : { seed };
  return definition.resolve(defaults, resolveContext({ coordinates, cpuCount }));
}

describe('fine-tune', () => {
  it('puts all that changes the weights into its options', () => {
    expect(resolve(3)).toEqual({
      options: {
        learning_rate: 5e-5,
        batch_size: 32,
        epochs: 3,
        warmup_fraction: 0.1,
        weight_decay: 0.01,
        gradient_clip_norm: 1,
        precision: 'float32',
        seed: 3,
        threads: 2,
      },
      external: [],
      needs: { cpu: 2 },
    });
  });

  it('takes its own seed where there is no such axis', () => {
    expect(resolve(undefined)).toMatchObject({ options: { seed: 1 } });
  });

  it('uses two threads, or the only one', () => {
    expect(resolve(1, 64)).toMatchObject({ options: { threads: 2 }, needs: { cpu: 2 } });
    expect(resolve(1, 1)).toMatchObject({ options: { threads: 1 }, needs: { cpu: 1 } });
  });

  it('keeps bfloat16 when it is asked for', () => {
    const options = { ...defaults, precision: 'bfloat16' };
    expect(definition.resolve(options, resolveContext())).toMatchObject({
      options: { precision: 'bfloat16' },
    });
  });

  it.each(['one', 1.5, -1, 2 ** 31, true])('does not take %j for a seed', (seed) => {
    expect(resolve(seed)).toMatchObject({
      blocked: `the seed ${JSON.stringify(seed)} is not a whole number from 0 to 2147483647`,
    });
  });

  it.each([
    { learning_rate: 0 },
    { epochs: 0 },
    { batch_size: 1.5 },
    { warmup_fraction: 1 },
    { precision: 'float16' },
    { lr: 1e-5 },
  ])('refuses %j', (options) => {
    expect(definition.options.safeParse(options).success).toBe(false);
  });
});
