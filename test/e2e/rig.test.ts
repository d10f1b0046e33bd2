import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PipelineRig } from '../rig/pipeline-rig.js';

describe('the rig', () => {
  it('runs the real program in a folder that goes away', async () => {
    const rig = await PipelineRig.create({ files: { 'a/b.txt': 'text' } });
    expect(rig.files()).toEqual(['a/b.txt']);
    const { exitCode, stdout } = await rig.run(['--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Usage: pipeline/);
    await rig[Symbol.asyncDispose]();
    expect(existsSync(rig.root)).toBe(false);
  });

  it('gives a run a terminal of the size asked for', async () => {
    await using rig = await PipelineRig.create();
    const result = await rig.run(['--help'], { terminal: { columns: 50, rows: 10 } });
    expect(result.exitCode).toBe(0);
    for (const line of result.screen().lines()) expect(line.length).toBeLessThanOrEqual(50);
  });

  it('says what a run wrote when it ends without what was waited for', async () => {
    await using rig = await PipelineRig.create();
    await expect(rig.start(['--help']).seen(/never written/)).rejects.toThrow('Usage: pipeline');
  });
});
