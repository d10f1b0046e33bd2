import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detachedSuite } from '../contract/detached-suite.js';
import { executorSuite } from '../contract/executor-suite.js';

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

detachedSuite('slurm', null, start);
