import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cycles,
  importViolations,
  lengthViolations,
  nameViolations,
  readSourceTree,
  type SourceTree,
} from './rig/architecture.js';
import { INSTALLATION } from './rig/pipeline-rig.js';
import { pythonImports, typescriptImports } from './rig/source-imports.js';

const tree = readSourceTree(INSTALLATION);
const manifest = JSON.parse(readFileSync(join(INSTALLATION, 'package.json'), 'utf8'));
const declared = new Set<string>(
  Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies }),
);

describe('the architecture', () => {
  it('reads the whole tree', () => {
    expect(tree.has('pipeline/cli/main.ts')).toBe(true);
    expect(tree.has('test/architecture.test.ts')).toBe(true);
    expect([...tree.keys()].filter((path) => path.endsWith('.py')).length).toBeGreaterThan(0);
  });

  it('obeys the import table', () => {
    expect(importViolations(tree, declared)).toEqual([]);
  });

  it('has no import cycles, types included', () => {
    expect(cycles(tree)).toEqual([]);
  });

  it('has no file that is too long', () => {
    expect(lengthViolations(tree)).toEqual([]);
  });

  it('names files in kebab-case and snake_case', () => {
    expect(nameViolations(tree)).toEqual([]);
  });
});

/** The tree with more in it. */
function withFiles(files: Readonly<Record<string, string>>): SourceTree {
  return new Map([...tree, ...Object.entries(files)]);
}

describe('the detector', () => {
  it.each([
    [
      'pipeline/base/x.ts',
      "import type { Event } from '../contract/event.js';",
      'base may import nothing of the project',
    ],
    ['pipeline/contract/x.ts', "import { z } from 'zod';", 'only its types may be imported here'],
    [
      'pipeline/contract/x.ts',
      "import { join } from 'node:path';",
      "contract must not use this module of Node's",
    ],
    [
      'pipeline/ui/x.ts',
      "import { loadConfig } from '../config/load.js';",
      'ui may import base, contract of the project',
    ],
    ['pipeline/ui/x.ts', "export * from '../cli/main.js';", 'ui may import base, contract of the project'],
    ['pipeline/ui/x.ts', "const a = await import('yaml');", 'ui may import listr2 of the packages'],
    ['pipeline/ui/x.ts', "type A = import('ssh2').Client;", 'ui may import listr2 of the packages'],
    ['pipeline/cli/x.ts', "import chalk from 'chalk';", 'it is not in package.json'],
    [
      'pipeline/cli/x.ts',
      "import { x } from '../../../shared/x.js';",
      'no file may import anything outside of the project',
    ],
    [
      'pipeline/cli/x.ts',
      "import { x } from '/work/x.js';",
      'no file may import anything outside of the project',
    ],
    ['pipeline/cli/x.ts', "import { x } from './not-there.js';", 'there is no such file'],
    ['stages/clean/x.ts', "import { run } from '../fetch/worker.js';", 'a stage never imports another one'],
    [
      'stages/clean/x.ts',
      "import { html } from '../../pipeline/report/html.js';",
      'stage may import base, contract, stage-definition of',
    ],
    [
      'stages/new/definition.ts',
      "import { readFileSync } from 'node:fs';",
      "stage-definition must not use this module of Node's",
    ],
    [
      'stages/_shared/x.ts',
      "import { run } from '../clean/worker.js';",
      'stage-definition may import base, contract',
    ],
    [
      'stages/registry.ts',
      "import { run } from './clean/worker.js';",
      'stage-registry may import contract, stage-definition of',
    ],
    [
      'datasets/x.ts',
      "import type { Event } from '../pipeline/contract/event.js';",
      'datasets may import base of the project',
    ],
    ['stages/clean/x.py', 'import requests', 'stage may import ai_edge_litert'],
    [
      'stages/deploy/agent/x.py',
      'import tensorflow as tf',
      'agent may import ai_edge_litert, numpy, psutil, tokenizers',
    ],
    [
      'stages/deploy/agent/x.py',
      'from edgeline_worker import protocol',
      'agent may import nothing of the project',
    ],
    [
      'pipeline/bench/x.py',
      'import tensorflow as tf',
      'bench-peer may import ai_edge_litert, numpy, onnxruntime, safetensors, torch, transformers',
    ],
    ['stages/_python/edgeline_worker/x.py', 'import yaml', 'worker-library may import'],
  ])('fires in %s at: %s', (path, line, problem) => {
    const mutated = withFiles({
      [path]: `// one\n${line}\n`.replace('//', path.endsWith('.py') ? '#' : '//'),
    });
    const found = importViolations(mutated, declared).filter((violation) => violation.startsWith(`${path}:`));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${path}:2: imports `));
    expect(found[0]).toContain(problem);
  });

  it('asks of what a definition imports that it is as pure', () => {
    const files = {
      'stages/new/definition.ts': "import { sizes } from './presets.js';\n",
      'stages/new/presets.ts': "import { readFileSync } from 'node:fs';\n",
    };
    expect(importViolations(withFiles(files), declared)).toContainEqual(
      expect.stringContaining(
        "stages/new/presets.ts:1: imports node:fs: stage-definition must not use this module of Node's",
      ),
    );
  });

  it('allows what the table allows', () => {
    const files = {
      'pipeline/contract/x.ts': "import type { ZodType } from 'zod';\n",
      'stages/new/worker.ts':
        "import { a } from './part.js';\nimport { b } from '../../pipeline/base/result.js';\n",
      'stages/new/part.ts': "import { join } from 'node:path';\n",
      'stages/report/x.ts': "import type { a } from '../../pipeline/report/html.js';\n",
      'stages/new/worker.py':
        'import json\nimport tensorflow as tf\nfrom edgeline_worker.protocol import run_worker\nimport part\n',
      'stages/new/part.py': 'from __future__ import annotations\n',
      'stages/_python/edgeline_worker/protocol.py': 'from . import numerics\n',
      'stages/_python/edgeline_worker/numerics.py': 'import numpy\n',
    };
    const allowed = importViolations(withFiles(files), declared).filter((line) =>
      /^stages\/new|\/x\.ts|numerics/.test(line),
    );
    expect(allowed).toEqual([]);
  });

  it('finds cycles, of types and in Python too, with the way round', () => {
    const files = {
      'pipeline/cli/a.ts': "\nimport type { B } from './b.js';\n",
      'pipeline/cli/b.ts': "export * from './c.js';\n",
      'pipeline/cli/c.ts': "import { a } from './a.js';\n",
      'stages/new/one.py': 'import two\n',
      'stages/new/two.py': 'from one import x\n',
    };
    expect(cycles(withFiles(files)).filter((line) => /cli\/a|stages\/new/.test(line))).toEqual([
      'import cycle: pipeline/cli/a.ts:2 -> pipeline/cli/b.ts:1 -> pipeline/cli/c.ts:1 -> pipeline/cli/a.ts',
      'import cycle: stages/new/one.py:1 -> stages/new/two.py:1 -> stages/new/one.py',
    ]);
  });

  it('finds long files and odd names', () => {
    const files = {
      'pipeline/cli/long.ts': 'x;\n'.repeat(401),
      'stages/new/worker.py': 'x\n'.repeat(351),
      'pipeline/cli/exact.ts': 'x;\n'.repeat(400),
      'pipeline/cli/camelCase.ts': '',
      'stages/new/kebab-case.py': '',
    };
    const mutated = withFiles(files);
    expect(lengthViolations(mutated).filter((line) => /long|new|exact/.test(line))).toEqual([
      'pipeline/cli/long.ts:401: 401 lines, at most 400 are allowed: split it by topic',
      'stages/new/worker.py:351: 351 lines, at most 350 are allowed: split it by topic',
    ]);
    expect(nameViolations(mutated)).toEqual([
      'pipeline/cli/camelCase.ts:1: TypeScript files are named in kebab-case',
      'stages/new/kebab-case.py:1: Python files are named in snake_case',
    ]);
  });

  it('sees code and not what looks like it', () => {
    const text = [
      "// import a from 'comment'",
      "/* import a from 'comment' */",
      'const s = "import a from \'string\'";',
      "const t = `import a from 'template' @{await import('in-template')} @{`@{require('deep')}`}`;",
      "const r = /from 'pattern'[/']/.test(Array.from('x')); const q = 1 / 2;",
      "import {\n  type A,\n  b,\n} from 'many-lines';",
      "export type { C } from 'types';",
      "import type from 'default-named-type';",
      "import 'effect';",
    ]
      .join('\n')
      .replaceAll('@{', '$'.concat('{'));
    expect(
      typescriptImports(text).map(({ specifier, line, typeOnly }) => [specifier, line, typeOnly]),
    ).toEqual([
      ['in-template', 4, false],
      ['deep', 4, false],
      ['many-lines', 9, false],
      ['types', 10, true],
      ['default-named-type', 11, false],
      ['effect', 12, false],
    ]);
    const python =
      '"""\nimport doc\n"""\n# import comment\nimport a.b as c, d\nfrom . import e, f as g\nfrom ..h import i\nif x:\n    import j\n';
    expect(pythonImports(python).map(({ specifier, line }) => [specifier, line])).toEqual([
      ['a.b', 5],
      ['d', 5],
      ['.e', 6],
      ['.f', 6],
      ['.g', 6],
      ['..h', 7],
      ['j', 9],
    ]);
  });
});
