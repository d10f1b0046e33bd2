import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ExecutorConfig } from '../../pipeline/contract/config.js';
import type { WorkMessage } from '../../pipeline/contract/executor.js';
import { openExecutors } from '../../pipeline/execute/open-executors.js';
import { detachedSuite } from '../contract/detached-suite.js';
import { failureOf, must } from '../contract/device-suite.js';
import { executorSuite, workOf } from '../contract/executor-suite.js';

const start = async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'slurm' "));
  return {
    config: { name: 'cluster', kind: 'slurm' as const },
    options: { folder: join(folder, 'executors'), lockFile: '/nowhere' },
    folder,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
};

executorSuite('slurm', null, start);

detachedSuite('slurm', null, start, (under) => {
  it('sends what becomes ready together as one job array', async () => {
    const executors = openExecutors({ cluster: under().config }, under().options);
    const ids: string[] = [];
    const works = [1, 2, 3].map(() => workOf(under().folder, 'ok'));
    const results = await Promise.all(
      works.map((work) =>
        executors.get('cluster').run(
          work,
          (message) => {
            const id = message.type === 'log' ? /^Slurm job (\S+)$/.exec(message.message)?.[1] : undefined;
            if (id !== undefined) ids.push(id);
          },
          new AbortController().signal,
        ),
      ),
    );
    expect(results.map((result) => must(result).summary)).toEqual(works.map(() => ({ rows: 2 })));
    const array = ids[0]?.split('_')[0];
    expect(ids.sort()).toEqual([`${array}_0`, `${array}_1`, `${array}_2`]);
  });

  // Slurm counts limits in whole minutes, and looks at them now and then.
  it('says that its limit of time ended it, and goes on after that', { timeout: 240_000 }, async () => {
    const config = { ...under().config, time: '1' };
    const executors = openExecutors({ cluster: config }, under().options);
    const made = workOf(under().folder, 'resumes', { options: { steps: 3, dies_at: 2, how: 'waits' } });
    const resume_dir = join(under().folder, 'resume', 'limit', 'cluster');
    const work = { ...made, silenceLimitSeconds: 600, job: { ...made.job, resume_dir } };
    const messages: WorkMessage[] = [];
    const run = () =>
      executors.get('cluster').run(work, (message) => messages.push(message), new AbortController().signal);
    expect(failureOf(await run())).toMatchObject({
      reason: 'executor-error',
      message: expect.stringMatching(/^Slurm ended job \d+ at its limit of time$/),
    });
    expect(must(await run()).summary).toEqual({ from: 2, to: 3 });
    // It had been told to end, and had had the time to write that down.
    expect(messages).toContainEqual({ type: 'log', level: 'warning', message: 'found state told-to-end' });
  });

  it('passes on what the cluster says of a job that it does not take', async () => {
    const config = { ...under().config, partition: 'no-such' } as const;
    const executors = openExecutors({ cluster: config as ExecutorConfig }, under().options);
    const work = workOf(under().folder, 'ok');
    const result = await executors.get('cluster').run(work, () => undefined, new AbortController().signal);
    expect(failureOf(result)).toMatchObject({
      reason: 'executor-error',
      executor: 'cluster',
      message: expect.stringContaining('invalid partition'),
    });
  });
});
