import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definition } from '../../../../stages/teach/definition.js';
import { resolveContext } from '../resolve-context.js';

const defaults = z.record(z.string(), z.json()).parse(definition.options.parse({}));

describe('teach', () => {
  it('draws nothing, so no seed is in its key', () => {
    expect(definition.resolve(defaults, resolveContext({ coordinates: { seed: 3 } }))).toEqual({
      options: { processor: 'cpu', precision: 'float32', threads: 2 },
      external: [],
      needs: { cpu: 2 },
    });
  });

  it('may ask on a graphics processor', () => {
    const resolved = definition.resolve({ ...defaults, processor: 'gpu' }, resolveContext());
    expect(resolved).toMatchObject({ options: { precision: 'bfloat16' }, needs: { gpu: 1 } });
  });

  it.each([{ seed: 1 }, { epochs: 2 }, { temperature: 2 }])('refuses %j', (options) => {
    expect(definition.options.safeParse(options).success).toBe(false);
  });
});
