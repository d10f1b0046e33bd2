import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../../../pipeline/base/canonical.js';
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
        gradient_accumulation: 1,
        epochs: 3,
        warmup_fraction: 0.1,
        weight_decay: 0.01,
        gradient_clip_norm: 1,
        layer_learning_rate_decay: 1,
        class_weights: 'none',
        label_smoothing: 0,
        average: 'none',
        average_decay: 0.999,
        processor: 'cpu',
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

  it('takes as many threads as it is told', () => {
    const options = { ...defaults, threads: 8 };
    expect(definition.resolve(options, resolveContext({ cpuCount: 2 }))).toMatchObject({
      options: { threads: 8 },
      needs: { cpu: 8 },
    });
  });

  it.each([
    ['auto', 'bfloat16'],
    ['float32', 'float32'],
    ['float16', 'float16'],
  ])('on a graphics processor takes %s to be %s', (given, precision) => {
    const options = { ...defaults, processor: 'gpu', precision: given };
    expect(definition.resolve(options, resolveContext())).toMatchObject({
      options: { processor: 'gpu', precision },
      needs: { cpu: 2, gpu: 1 },
    });
  });

  it('says what does not go together', () => {
    const surroundings = { sources: [], axes: [] };
    const problems = (changes: Record<string, Json>) =>
      (definition.check?.({ ...defaults, ...changes }, surroundings) ?? []).map(({ path }) => path[0]);
    expect(problems({})).toEqual([]);
    expect(problems({ precision: 'float16' })).toEqual(['precision']);
    expect(problems({ precision: 'float16', processor: 'gpu' })).toEqual([]);
    expect(problems({ batch_size: 4, gradient_accumulation: 5 })).toEqual(['gradient_accumulation']);
    expect(problems({ batch_size: 4, gradient_accumulation: 4 })).toEqual([]);
  });

  it.each([
    ['auto', true, 'bfloat16'],
    ['auto', false, 'float32'],
    ['float32', true, 'float32'],
  ])('resolves precision %s on a processor with bfloat16: %j to %s', (precision, bfloat16, expected) => {
    expect(definition.resolve({ ...defaults, precision }, resolveContext({ bfloat16 }))).toMatchObject({
      options: { precision: expected },
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
    { precision: 'float64' },
    { dropout: 1 },
    { layer_learning_rate_decay: 1.1 },
    { early_stopping_patience: 0 },
    { threads: 0 },
    { lr: 1e-5 },
  ])('refuses %j', (options) => {
    expect(definition.options.safeParse(options).success).toBe(false);
  });
});
