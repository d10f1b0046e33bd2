import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executorSuite } from '../contract/executor-suite.js';

executorSuite('slurm', null, async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'slurm' "));
  return {
    config: { name: 'cluster', kind: 'slurm' },
    options: { folder: join(folder, 'executors'), lockFile: '/nowhere' },
    folder,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});
