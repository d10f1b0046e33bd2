import { describe, expect, it } from 'vitest';
import type { DataConfig } from '../../../../pipeline/contract/config.js';
import { definition } from '../../../../stages/fetch/definition.js';

function resolve(source: string, data: Partial<DataConfig>, optional = false) {
  return definition.resolve(
    { source, ...(optional ? { texts_optional: true } : {}) },
    {
      coordinates: {},
      data: { package: null, texts: [], cache: null, ...data },
      models: {},
      devices: {},
      installation: '/opt/edgeline',
      host: { cpuCount: 2 },
    },
  );
}

describe('the definition of fetch', () => {
  it('takes the sample from the installation', () => {
    expect(resolve('sample', { package: 'ignored' })).toMatchObject({
      options: { source: 'sample' },
      external: [
        { name: 'package', path: '/opt/edgeline/datasets/sample/official' },
        { name: 'texts-1', path: '/opt/edgeline/datasets/sample/texts' },
      ],
    });
  });

  it('takes RepLab from where the user says, with all folders of texts in order', () => {
    expect(resolve('replab2013', { package: 'p', texts: ['a', 'b'] })).toMatchObject({
      external: [
        { name: 'package', path: 'p' },
        { name: 'source', path: '/opt/edgeline/datasets/replab2013.source.yaml' },
        { name: 'texts-1', path: 'a' },
        { name: 'texts-2', path: 'b' },
      ],
    });
  });

  it('is blocked, with what to pass, while the folders are not known', () => {
    expect(resolve('replab2013', {})).toMatchObject({ hint: expect.stringContaining('--set data.package=') });
    expect(resolve('replab2013', { package: 'p' })).toMatchObject({
      hint: expect.stringContaining('--set data.texts='),
    });
  });

  it('needs no texts where a later stage asks for them', () => {
    expect(resolve('replab2013', { package: 'p' }, true)).toMatchObject({
      options: { source: 'replab2013' },
      external: [{ name: 'package', path: 'p' }, { name: 'source' }],
    });
  });

  it('knows its options and no others', () => {
    expect(definition.options.safeParse({ source: 'sample' }).success).toBe(true);
    expect(definition.options.safeParse({ source: 'twitter' }).success).toBe(false);
    expect(definition.options.safeParse({ source: 'sample', sauce: 1 }).success).toBe(false);
  });
});
