import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pythonClosure, typescriptClosure } from '../../../pipeline/store/code-closure.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'edgeline-closure-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function files(contents: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

describe('pythonClosure', () => {
  test('follows local imports of every form, and nothing else', () => {
    files({
      'stages/train/worker.py': [
        'import os, json',
        'import helper as h',
        'from edgeline_worker import protocol, (data)',
        'from edgeline_worker.models.bert import (',
        '    Bert,',
        '    Layer,',
        ')',
        'def main():',
        '    from edgeline_worker import lazy',
      ].join('\n'),
      'stages/train/helper.py': 'import tensorflow as tf',
      'stages/train/unused.py': '',
      'stages/_python/edgeline_worker/__init__.py': '',
      'stages/_python/edgeline_worker/protocol.py': 'from . import words\nfrom .models import bert',
      'stages/_python/edgeline_worker/words.py': '',
      'stages/_python/edgeline_worker/lazy.py': '',
      'stages/_python/edgeline_worker/data.py': '',
      'stages/_python/edgeline_worker/unused.py': '',
      'stages/_python/edgeline_worker/models/__init__.py': '',
      'stages/_python/edgeline_worker/models/bert.py': 'from ..words import say',
    });
    expect(Object.keys(pythonClosure({ root }, 'stages/train/worker.py').files)).toEqual([
      'stages/_python/edgeline_worker/__init__.py',
      'stages/_python/edgeline_worker/data.py',
      'stages/_python/edgeline_worker/lazy.py',
      'stages/_python/edgeline_worker/models/__init__.py',
      'stages/_python/edgeline_worker/models/bert.py',
      'stages/_python/edgeline_worker/protocol.py',
      'stages/_python/edgeline_worker/words.py',
      'stages/train/helper.py',
      'stages/train/worker.py',
    ]);
  });
});

describe('typescriptClosure', () => {
  test('follows relative imports of what was compiled and names packages by version', () => {
    files({
      'dist/stages/clean/worker.js':
        "import { readFileSync } from 'node:fs';\nimport { step } from './steps.js';\nexport * from '../../pipeline/base/result.js';\nconst x = await import('@scope/pkg/sub');\n",
      'dist/stages/clean/steps.js': "import {\n  a,\n  b,\n} from './deep.js';\nimport './effect.js';\n",
      'dist/stages/clean/deep.js': '',
      'dist/stages/clean/effect.js': '',
      'dist/stages/clean/unused.js': '',
      'dist/pipeline/base/result.js': '',
      'node_modules/@scope/pkg/package.json': '{"version":"1.2.3"}',
    });
    const found = typescriptClosure({ root }, 'stages/clean/worker.ts');
    expect(Object.keys(found.files)).toEqual([
      'pipeline/base/result.ts',
      'stages/clean/deep.ts',
      'stages/clean/effect.ts',
      'stages/clean/steps.ts',
      'stages/clean/worker.ts',
    ]);
    expect(found.packages).toEqual({ '@scope/pkg': '1.2.3' });
  });
});
