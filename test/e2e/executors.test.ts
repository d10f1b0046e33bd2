import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runStudy } from '../rig/same-study.js';
import { sshdAvailable, startSshd } from '../rig/sshd.js';

const skipped = sshdAvailable();
const title = `one study in two places${skipped === null ? '' : ` (skipped: ${skipped})`}`;
// Four runs of the program, and about ten connections for each stage there: more than ten seconds.
describe.skipIf(skipped !== null)(title, { timeout: 180_000 }, () => {
  test('has the same keys and digests on a workstation as here', async () => {
    const here = await runStudy('here', { kind: 'local' });
    const folder = mkdtempSync(join(tmpdir(), 'edgeline-there-'));
    const sshd = await startSshd();
    try {
      const there = await runStudy('there', {
        kind: 'ssh',
        host: `${sshd.user}@${sshd.host}`,
        port: sshd.port,
        identity_file: sshd.identityFile,
        known_hosts_file: sshd.knownHostsFile,
        root: join(folder, 'root'),
      });
      expect(there.made).toEqual(here.made);
      expect(here.where).toEqual([undefined, undefined, undefined, undefined]);
      expect(there.where).toEqual(['there', 'there', 'there', 'there']);
    } finally {
      await sshd.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
