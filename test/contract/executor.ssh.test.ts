import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshdAvailable, startSshd } from '../rig/sshd.js';
import { executorSuite } from './executor-suite.js';

executorSuite('ssh', sshdAvailable(), async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'ssh' "));
  const root = mkdtempSync(join(tmpdir(), 'edgeline-there-'));
  const sshd = await startSshd();
  return {
    config: {
      name: 'there',
      kind: 'ssh',
      host: `${sshd.user}@${sshd.host}`,
      port: sshd.port,
      identity_file: sshd.identityFile,
      known_hosts_file: sshd.knownHostsFile,
      root,
    },
    options: { folder: join(folder, 'executors'), lockFile: '/nowhere' },
    folder,
    stop: async () => {
      await sshd.stop();
      for (const path of [folder, root]) rmSync(path, { recursive: true, force: true });
    },
  };
});
