import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/encode/definition.js';
import { resolveContext } from '../resolve-context.js';

describe('encode', () => {
  it('has defaults for everything', () => {
    expect(definition.options.parse({})).toEqual({ max_length: 128, input: 'tweet' });
  });

  it('does not depend on the host', () => {
    const options = { max_length: 64, input: 'entity-tweet' };
    const [small, large] = [1, 64].map((cpuCount) =>
      definition.resolve(options, resolveContext({ cpuCount })),
    );
    expect(small).toEqual({ options, external: [], needs: { cpu: 1 } });
    expect(large).toEqual(small);
  });

  it.each([
    { max_length: 2 },
    { max_length: 513 },
    { max_length: 12.5 },
    { input: 'pair' },
    { maxlength: 64 },
  ])('refuses %j', (options) => {
    expect(definition.options.safeParse(options).success).toBe(false);
  });
});
