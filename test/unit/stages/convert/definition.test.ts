import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/convert/definition.js';
import { resolveContext } from '../resolve-context.js';

const defaults = { precision: 'fp32', accept: {} };

describe('convert', () => {
  it('has defaults for everything', () => {
    expect(definition.options.parse({})).toEqual(defaults);
  });

  it.each(['fp32', 'fp16', 'int8'])('takes %s from the axis before its own option', (precision) => {
    expect(definition.resolve(defaults, resolveContext({ coordinates: { precision, model: 'a' } }))).toEqual({
      options: { precision, accept: {} },
      external: [],
      needs: { cpu: 1 },
    });
  });

  it('takes its own option where there is no such axis', () => {
    expect(definition.resolve({ ...defaults, precision: 'int8' }, resolveContext())).toMatchObject({
      options: { precision: 'int8' },
    });
  });

  it('keeps the reason that this precision is accepted for, and no other', () => {
    const accept = { int8: 'small', fp16: 'smaller' };
    expect(definition.resolve({ precision: 'int8', accept }, resolveContext())).toMatchObject({
      options: { precision: 'int8', accept: { int8: 'small' } },
    });
  });

  it('says which precisions there are', () => {
    expect(definition.resolve(defaults, resolveContext({ coordinates: { precision: 'int4' } }))).toEqual({
      blocked: 'no precision is called "int4"',
      hint: 'precisions: fp32, fp16, int8',
    });
  });

  it.each([{ accept: { int8: ' ' } }, { accept: { int4: 'why' } }, { precision: 'int4' }, { length: 32 }])(
    'refuses %j',
    (options) => {
      expect(definition.options.safeParse(options).success).toBe(false);
    },
  );
});
