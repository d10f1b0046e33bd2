import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyPython, deviceSuite } from './device-suite.js';

deviceSuite('local', null, async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'local' "));
  return {
    config: { name: 'here', transport: 'local', python: anyPython, threads: 1 },
    root: join(folder, 'here'),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});
