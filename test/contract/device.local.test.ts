import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceFolderSuite } from './device-folder-suite.js';
import { anyPython, deviceSuite } from './device-suite.js';

const start = async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'local' "));
  return {
    config: { name: 'here', transport: 'local' as const, python: anyPython, threads: 1 },
    root: join(folder, 'here'),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
};

deviceSuite('local', null, start);
deviceFolderSuite('local', null, start);
