import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definition } from '../../../../stages/distill/definition.js';
import { definition as fineTune } from '../../../../stages/fine-tune/definition.js';
import { resolveContext } from '../resolve-context.js';

const record = z.record(z.string(), z.json());
const defaultsOf = ({ options }: typeof definition) => record.parse(options.parse({}));

describe('distill', () => {
  it('has the options of fine-tune with the same defaults, and two of its own', () => {
    expect(defaultsOf(definition)).toEqual({ ...defaultsOf(fineTune), temperature: 2, alpha: 0.5 });
  });

  it('hands on the same outputs, so that what follows cannot tell the difference', () => {
    expect(definition.outputs).toEqual(fineTune.outputs);
    expect(definition.resumable).toBe(fineTune.resumable);
  });

  it('puts the seed, the temperature and alpha into its key', () => {
    const given = { ...defaultsOf(definition), temperature: 4, alpha: 1 };
    expect(definition.resolve(given, resolveContext({ coordinates: { seed: 3 } }))).toMatchObject({
      options: { seed: 3, temperature: 4, alpha: 1, precision: 'float32' },
    });
  });

  it.each([{ temperature: 0 }, { temperature: -1 }, { alpha: 1.1 }, { alpha: -0.1 }, { t: 2 }])(
    'refuses %j',
    (options) => {
      expect(definition.options.safeParse(options).success).toBe(false);
    },
  );
});
