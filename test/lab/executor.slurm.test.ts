import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ExecutorConfig } from '../../pipeline/contract/config.js';
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
