import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/freeze/definition.js';
import { resolveContext } from '../resolve-context.js';

const rewrites = ['fold_norms', 'fold_attention_scale', 'merge_siblings', 'first_row'];

describe('freeze', () => {
  it('has defaults for everything', () => {
    const options = definition.options.parse({});
    expect(options).toEqual({ sequence_length: 'dynamic', rewrites, texts: 512 });
    expect(definition.resolve(options as never, resolveContext())).toEqual({
      options,
      external: [],
      needs: { cpu: 1 },
    });
  });

  it.each([
    { sequence_length: 2 },
    { sequence_length: 'long' },
    { rewrites: ['fold_everything'] },
    { texts: 0 },
  ])('refuses %j', (options) => {
    expect(definition.options.safeParse(options).success).toBe(false);
  });
});
