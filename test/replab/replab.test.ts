import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReportModel } from '../../stages/report/model/report.js';
import { INSTALLATION, PipelineRig, SHARED } from '../rig/pipeline-rig.js';
import { startSshd } from '../rig/sshd.js';

/**
 * The figures on real RepLab, run by hand with `npm run replab`: half an hour of training and scoring on two cores is no
 * test of every change. Its project is kept, so that a second run makes only what is not up to date.
 */
test('RepLab, one seed of minilm-l6 on a device reached by ssh', { timeout: 4 * 3600_000 }, async () => {
  const project = process.env.EDGELINE_REPLAB_PROJECT ?? join(INSTALLATION, 'artifacts', 'replab');
  mkdirSync(project, { recursive: true });
  cpSync(join(INSTALLATION, 'pipeline.yaml'), join(project, 'pipeline.yaml'));
  await using rig = await PipelineRig.create();
  const sshd = await startSshd();
  try {
    const board = {
      host: `${sshd.user}@${sshd.host}`,
      port: sshd.port,
      identity_file: sshd.identityFile,
      known_hosts_file: sshd.knownHostsFile,
      root: join(project, 'board'),
      python: (await rig.run(['doctor', '--python'], { timeoutSeconds: 900 })).stdout.trim(),
    };
    const replab = join(SHARED, 'data', 'replab2013');
    const sets = [
      `data.package=${join(replab, 'official')}`,
      `data.texts=${join(replab, 'texts')}`,
      `devices.board=${JSON.stringify(board)}`,
      'axes.device=[board]',
      'axes.precision=[fp32, int8]',
    ];
    const run = await rig.run(
      ['run', 'all', '--file', join(project, 'pipeline.yaml'), '--profile', 'replab'].concat(
        sets.flatMap((value) => ['--set', value]),
      ),
      { timeoutSeconds: 4 * 3600 },
    );
    console.log(run.stdout);
    expect(run.exitCode).toBe(0);
    const report = join(project, 'artifacts/out/report/report/report.json');
    const { results } = JSON.parse(readFileSync(report, 'utf8')) as ReportModel;
    const [fp32, int8] = ['fp32', 'int8'].map((precision) => {
      const row = results.find((candidate) => candidate.precision === precision);
      return { tweets: row?.n_tweets, accuracy: row?.accuracy.mean ?? 0, macro_f1: row?.macro_f1.mean ?? 0 };
    });
    console.log(JSON.stringify({ fp32, int8 }));
    expect(fp32?.tweets).toBe(47_390);
    expect(fp32?.macro_f1).toBeGreaterThanOrEqual(0.635);
    expect(fp32?.accuracy).toBeGreaterThanOrEqual(0.705);
    expect(Math.abs((int8?.macro_f1 ?? 0) - (fp32?.macro_f1 ?? 1))).toBeLessThanOrEqual(0.01);
    expect(Math.abs((int8?.accuracy ?? 0) - (fp32?.accuracy ?? 1))).toBeLessThanOrEqual(0.01);
  } finally {
    await sshd.stop();
  }
});
