import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installationRoot, pythonOptions } from '../../../pipeline/cli/installation.js';

const root = installationRoot();
const lockOf = (env: NodeJS.ProcessEnv) => pythonOptions(root, env).lockFile;

/** `numpy==2.4.6 ; python_full_version < '3.12'`, without what only the platform decides. */
function pins(lockFile: string): string[] {
  return [...readFileSync(lockFile, 'utf8').matchAll(/^([a-z0-9-]+==\S+)/gm)]
    .map((match) => String(match[1]))
    .filter((pin) => !/^(nvidia-|tensorflow)/.test(pin));
}

describe('the Python environment', () => {
  it('is for the processor unless EDGELINE_CUDA is set', () => {
    expect(basename(lockOf({}))).toBe('requirements.lock');
    expect(basename(lockOf({ EDGELINE_CUDA: '' }))).toBe('requirements.lock');
    expect(basename(lockOf({ EDGELINE_CUDA: '1' }))).toBe('requirements-cuda.lock');
  });

  it('differs with CUDA in TensorFlow alone', () => {
    const [plain, cuda] = [lockOf({}), lockOf({ EDGELINE_CUDA: '1' })];
    expect(pins(cuda)).toEqual(pins(plain));
    expect(readFileSync(cuda, 'utf8')).toMatch(/^nvidia-cudnn-cu12==/m);
    const version = /^tensorflow-cpu==(\S+)/m.exec(readFileSync(plain, 'utf8'))?.[1];
    expect(readFileSync(cuda, 'utf8')).toContain(`\ntensorflow==${version} `);
  });
});
