import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executorSuite } from './executor-suite.js';

executorSuite('local', null, async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'local' "));
  return {
    config: { name: 'here', kind: 'local' },
    options: { folder: join(folder, 'executors'), lockFile: '/nowhere' },
    folder,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});
