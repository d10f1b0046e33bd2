import { describe, expect, it } from 'vitest';
import { workerEnvironment } from '../../../pipeline/cli/worker-environment.js';

const shell = {
  PATH: '/bin',
  HOME: '/home/me',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  OMP_NUM_THREADS: '7',
  PIP_INDEX_URL: 'x',
};
const worker = { language: 'python', file: 'stages/a/worker.py' } as const;

describe('workerEnvironment', () => {
  it('keeps the shell out, but for how things are reached', () => {
    const environment = workerEnvironment(shell, '/installation', '/scratch', worker);
    expect(environment).toMatchObject({ PIP_INDEX_URL: 'x', HOME: '/home/me', TMPDIR: '/scratch' });
    expect(Object.keys(environment)).not.toContain('OMP_NUM_THREADS');
  });

  it('hands the cap of the instruction set to the workers whose key has it, and to no other', () => {
    const declared = workerEnvironment(shell, '/installation', '/scratch', {
      ...worker,
      dependsOnInstructionSet: true,
    });
    expect(declared.ONEDNN_MAX_CPU_ISA).toBe('AVX2');
    const other = workerEnvironment(shell, '/installation', '/scratch', worker);
    expect(Object.keys(other)).not.toContain('ONEDNN_MAX_CPU_ISA');
  });
});
