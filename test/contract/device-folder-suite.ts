import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boardLock, packagesName } from '../../pipeline/devices/board-lock.js';
import { openDevice } from '../../pipeline/devices/open-device.js';
import { anyPython, type DeviceUnderTest, failureOf, fullPython, must } from './device-suite.js';

/** What every transport must do with our folder there beside pushing to it: packages of a set-up, and what is removed. */
export function deviceFolderSuite(
  name: string,
  skip: string | null,
  start: () => Promise<DeviceUnderTest>,
): void {
  const title = `folder of a device: ${name}${skip === null ? '' : ` (skipped: ${skip})`}`;
  describe.skipIf(skip !== null)(title, { timeout: 30_000 }, () => {
    let device: DeviceUnderTest;
    let scratch: string;
    const context = () => ({ localRoot: dirname(device.root), python: anyPython });
    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'edgeline-device-'));
      device = await start();
    });
    afterAll(async () => {
      await device?.stop();
      rmSync(scratch, { recursive: true, force: true });
    });

    it.skipIf(fullPython === null)('gives a bare Python the packages that were set up for it', async () => {
      const bare = join(scratch, "it's bare");
      writeFileSync(bare, `#!/bin/sh\nexec '${anyPython}' -S "$@"\n`);
      chmodSync(bare, 0o755);
      const config = { ...device.config, python: bare };
      const without = must(await openDevice(config, context()));
      await without.close();
      expect(without.python).toBe(bare);
      const site = 'import sysconfig; print(sysconfig.get_path("purelib"))';
      const packages = execFileSync(anyPython, ['-c', site], { encoding: 'utf8' }).trim();
      const folder = join(device.root, 'python', packagesName(boardLock(), without.platform));
      mkdirSync(folder, { recursive: true });
      symlinkSync(packages, join(folder, 'packages'));
      const set = must(await openDevice(config, context()));
      expect(set.python.startsWith(`${set.root}/python/`)).toBe(true);
      expect(must(await set.probe()).litert).toMatch(/^2\./);
      // What the agent starts has them too.
      const child =
        'import subprocess, sys; subprocess.check_call([sys.executable, "-S", "-c", "import psutil"])';
      expect(must(await set.exec([set.python, '-c', child])).stderr).toBe('');
      await set.close();
      // One that has LiteRT itself is left alone when it is named.
      const own = must(await openDevice({ ...device.config, python: anyPython }, context()));
      await own.close();
      expect(own.python).toBe(anyPython);
    });

    it('says what is ours and removes only that', async () => {
      const config = { ...device.config, root: join(device.root, 'of its own') };
      const other = must(await openDevice(config, context()));
      mkdirSync(join(other.root, 'bundles/old'), { recursive: true });
      writeFileSync(join(other.root, 'bundles/old/model'), 'model');
      writeFileSync(join(other.root, 'diary'), 'mine');
      const before = { entries: [{ name: 'bundles', bytes: 5 }], strangers: ['diary'] };
      expect(must(await other.ours(false))).toEqual(before);
      expect(must(await other.ours(true))).toEqual(before);
      expect(readdirSync(other.root)).toEqual(['diary']);
      rmSync(join(other.root, 'diary'));
      must(await other.ours(true));
      expect(existsSync(other.root)).toBe(false);
      await other.close();
    });

    it('removes nothing from a login folder', async () => {
      const home = execFileSync('sh', ['-c', 'cd ~; pwd -P'], { encoding: 'utf8' }).trim();
      const other = must(await openDevice({ ...device.config, root: home }, context()));
      const failure = failureOf(await other.ours(true));
      await other.close();
      expect(failure.message).toContain(`${home} is the login folder or holds it`);
    });
  });
}
