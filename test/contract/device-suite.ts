import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../pipeline/base/result.js';
import type { DeviceConfig } from '../../pipeline/contract/config.js';
import type { DeviceClient } from '../../pipeline/contract/device.js';
import { boardText, sameBoardOnly, thisBoard } from '../../pipeline/devices/board.js';
import { openDevice } from '../../pipeline/devices/open-device.js';

/** A Python with LiteRT and psutil; without it the parts that need none of them run with any Python. */
export const fullPython = process.env.EDGELINE_TEST_PYTHON ?? null;
export const anyPython = fullPython ?? 'python3';

export interface DeviceUnderTest {
  readonly config: DeviceConfig;
  /** The device's root as this machine sees it: both transports are tested on this machine. */
  readonly root: string;
  stop(): Promise<void>;
}

export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export function failureOf<T, E>(result: Result<T, E>): E {
  if (result.ok) throw new Error('a failure was expected');
  return result.error;
}

/** Waits for something that another process does; fails after ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const start = Date.now();
  while (!condition()) {
    if (Date.now() - start > 10_000) throw new Error(`never happened: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A zombie is as good as ended: nobody reaps orphans in some containers.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const ODD_FILES: Readonly<Record<string, string>> = {
  'plain.txt': 'plain\n',
  'with space.txt': 'space\n',
  'it\'s "quoted" $HOME `date` \\ * ?.txt': 'quoted\n',
  'new\nline.txt': 'line\n',
  '-rf': 'dash\n',
  'ünïcödé 🍓.txt': 'berry\n',
  '.hidden': 'dot\n',
  empty: '',
  'deep/er/run.sh': '#!/bin/sh\necho ran\n',
};

function writeFolder(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function readFolder(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Generous: a push asks the device four times, and this machine may be busy with other tests. */
const LIMIT_MS = 30_000;

/** What every transport must do. `skip` is the reason why this machine cannot run it, or null. */
export function deviceSuite(name: string, skip: string | null, start: () => Promise<DeviceUnderTest>): void {
  const title = `device: ${name}${skip === null ? '' : ` (skipped: ${skip})`}`;
  describe.skipIf(skip !== null)(title, { timeout: LIMIT_MS }, () => {
    let device: DeviceUnderTest;
    let client: DeviceClient;
    let scratch: string;
    const context = () => ({ localRoot: dirname(device.root), python: anyPython });

    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'edgeline-device-'));
      device = await start();
      client = must(await openDevice(device.config, context()));
    });
    afterAll(async () => {
      await client?.close();
      await device?.stop();
      rmSync(scratch, { recursive: true, force: true });
    });
    const local = (folder: string, files: Readonly<Record<string, string>>) => {
      const path = join(scratch, folder);
      rmSync(path, { recursive: true, force: true });
      writeFolder(path, files);
      return path;
    };

    it('has a root of its own', () => {
      expect(client.root).toBe(execFileSync('realpath', [device.root], { encoding: 'utf8' }).trim());
    });

    describe('exec', () => {
      it('passes odd arguments as they are', async () => {
        const words = [
          '',
          ' a  b ',
          "it's",
          '"',
          '$HOME $(id) `id`',
          'two\nlines',
          '\\n',
          '*',
          '~',
          '-n',
          'é🍓',
          '!x',
          ';&|<>',
        ];
        const script = 'import json, sys; print(json.dumps(sys.argv[1:]))';
        const result = must(await client.exec([client.python, '-c', script, ...words]));
        expect(JSON.parse(result.stdout)).toEqual(words);
      });

      it('hands back exit code, stdout and stderr', async () => {
        const result = await client.exec(['sh', '-c', 'printf out; printf err >&2; exit 7']);
        expect(must(result)).toEqual({ exitCode: 7, stdout: 'out', stderr: 'err' });
      });

      it('answers 127 for a program that is not there', async () => {
        expect(must(await client.exec(['no-such-program-here'])).exitCode).toBe(127);
      });

      it('says which signal ended a command', async () => {
        expect(must(await client.exec(['sh', '-c', 'kill -KILL $$'])).exitCode).toBe(137);
      });

      it('writes stdin and closes it', async () => {
        const text = `${'x'.repeat(300_000)}\n`;
        expect(must(await client.exec(['cat'], { stdin: text })).stdout).toBe(text);
        expect(must(await client.exec(['cat'])).stdout).toBe('');
      });

      it('works in the root', async () => {
        expect(must(await client.exec(['pwd', '-P'])).stdout.trim()).toBe(client.root);
      });

      it('ends a command that takes too long', async () => {
        const failure = failureOf(await client.exec(['sleep', '30'], { timeoutSeconds: 0.3 }));
        expect(failure).toMatchObject({ reason: 'command', message: 'sleep did not end within 0.3 s' });
      });
    });

    describe('stream', () => {
      it('hands over lines as they come', async () => {
        const lines: string[] = [];
        const gate = join(scratch, 'gate');
        rmSync(gate, { force: true });
        const script =
          'printf "one\\ntw"; printf "o é\\n"; until [ -e "$1" ]; do sleep 0.05; done; printf "three"';
        const running = client.stream(['sh', '-c', script, 'sh', gate], (line) => lines.push(line));
        await until(() => lines.length === 2);
        writeFileSync(gate, '');
        expect(must(await running).exitCode).toBe(0);
        expect(lines).toEqual(['one', 'two é', 'three']);
      });

      it('ends the command and all that it started when asked to', async () => {
        const lines: string[] = [];
        const controller = new AbortController();
        const running = client.stream(
          ['sh', '-c', 'sleep 300 & echo $!; echo $$; wait'],
          (line) => lines.push(line),
          { signal: controller.signal },
        );
        await until(() => lines.length === 2);
        const pids = lines.map(Number);
        expect(pids.every(isAlive)).toBe(true);
        controller.abort();
        expect(must(await running).exitCode).not.toBe(0);
        await until(() => !pids.some(isAlive));
      });

      it('ends a command that ignores the polite request', async () => {
        const lines: string[] = [];
        const controller = new AbortController();
        const script = 'trap "" TERM; echo $$; while :; do sleep 0.1; done';
        const running = client.stream(['sh', '-c', script], (line) => lines.push(line), {
          signal: controller.signal,
        });
        await until(() => lines.length === 1);
        controller.abort();
        await running;
        await until(() => !isAlive(Number(lines[0])));
      });
    });

    describe('push', () => {
      it('copies odd names, empty files and executable bits', async () => {
        const folder = local('odd', ODD_FILES);
        chmodSync(join(folder, 'deep/er/run.sh'), 0o755);
        const report = must(await client.push(folder, 'kept/odd'));
        expect(readFolder(join(device.root, 'kept/odd'))).toEqual(readFolder(folder));
        expect(report.files).toBe(Object.keys(ODD_FILES).length);
        expect(report.sentBytes).toBeGreaterThan(0);
        expect(must(await client.exec(['./kept/odd/deep/er/run.sh'])).stdout).toBe('ran\n');
      });

      it('sends nothing when everything is there', async () => {
        const folder = local('same', { a: 'x'.repeat(100_000), b: 'y' });
        expect(must(await client.push(folder, 'kept/same')).sentBytes).toBeGreaterThan(100_000);
        const again = must(await client.push(folder, 'kept/same'));
        expect(again).toMatchObject({ sentBytes: 0, totalBytes: 100_001, files: 2 });
      });

      it('removes what is no longer there', async () => {
        must(await client.push(local('shrink', { a: '1', 'b/c': '2' }), 'kept/shrink'));
        must(await client.push(local('shrink', { a: '3' }), 'kept/shrink'));
        expect(readFolder(join(device.root, 'kept/shrink'))).toEqual({ a: '3' });
      });

      it.each<[string, (folder: string) => void]>([
        ['a changed byte', (folder) => writeFileSync(join(folder, 'a'), 'xxxxy')],
        ['a missing file', (folder) => rmSync(join(folder, 'a'))],
        ['an additional file', (folder) => writeFileSync(join(folder, 'added'), '')],
        ['a lost executable bit', (folder) => chmodSync(join(folder, 'run.sh'), 0o600)],
        [
          'a file in place of the folder',
          (folder) => {
            rmSync(folder, { recursive: true });
            writeFileSync(folder, 'not a folder');
          },
        ],
      ])('notices and mends %s on the device', async (_, tamper) => {
        const folder = local('mended', { a: 'xxxxx', 'run.sh': '#!/bin/sh\n' });
        chmodSync(join(folder, 'run.sh'), 0o755);
        must(await client.push(folder, 'kept/mended'));
        const there = join(device.root, 'kept/mended');
        tamper(there);
        must(await client.push(folder, 'kept/mended'));
        expect(readFolder(there)).toEqual(readFolder(folder));
        expect(statSync(join(there, 'run.sh')).mode & 0o100).toBe(0o100);
        expect(must(await client.push(folder, 'kept/mended')).sentBytes).toBe(0);
      });

      it('takes files that a folder beside has already', async () => {
        const big = Array.from({ length: 40_000 }, (_, index) => (index * 2654435761).toString(36)).join('');
        must(await client.push(local('first', { 'test.jsonl': big, m: '1' }), 'beside/first'));
        const report = must(
          await client.push(local('second', { 'test.jsonl': big, m: '2' }), 'beside/second'),
        );
        expect(report.totalBytes).toBeGreaterThan(200_000);
        expect(report.sentBytes).toBeLessThan(5_000);
        expect(readFolder(join(device.root, 'beside/second'))).toEqual({ 'test.jsonl': big, m: '2' });
      });

      it('survives two pushes of one folder at once', async () => {
        const folder = local('twice', { a: 'x'.repeat(500_000) });
        const reports = await Promise.all([
          client.push(folder, 'kept/twice'),
          client.push(folder, 'kept/twice'),
        ]);
        expect(reports.map((report) => must(report).sentBytes).sort((a, b) => a - b)[0]).toBe(0);
        expect(readFolder(join(device.root, 'kept/twice'))).toEqual(readFolder(folder));
      });

      it('leaves nothing half done behind', () => {
        const left = readdirSync(join(device.root, '.staging')).filter((entry) => !entry.endsWith('.lock'));
        expect(left).toEqual([]);
      });
    });

    describe('pull', () => {
      it('copies a folder and a file', async () => {
        must(await client.push(local('source', ODD_FILES), 'kept/source'));
        const report = must(await client.pull('kept/source', join(scratch, 'copy')));
        expect(readFolder(join(scratch, 'copy'))).toEqual(ODD_FILES);
        expect(report.files).toBe(Object.keys(ODD_FILES).length);
        must(await client.pull('kept/source/with space.txt', join(scratch, 'new/file.txt')));
        expect(readFileSync(join(scratch, 'new/file.txt'), 'utf8')).toBe('space\n');
      });

      it('replaces what is at the local path', async () => {
        must(await client.push(local('replaced', { a: '1' }), 'kept/replaced'));
        writeFolder(join(scratch, 'target'), { a: 'old', b: 'old' });
        must(await client.pull('kept/replaced', join(scratch, 'target')));
        expect(readFolder(join(scratch, 'target'))).toEqual({ a: '1' });
      });

      it('says what is not there', async () => {
        const failure = failureOf(await client.pull('no/such/thing', join(scratch, 'nothing')));
        expect(failure.reason).toBe('command');
        expect(failure.message).toContain('has no no/such/thing');
        expect(existsSync(join(scratch, 'nothing'))).toBe(false);
      });
    });

    it('refuses a path outside of the root as a bug of ours', async () => {
      await expect(client.push(scratch, '../outside')).rejects.toThrow('Internal error');
      await expect(client.pull('/etc', join(scratch, 'etc'))).rejects.toThrow('Internal error');
    });

    it('is unusable without a Python', async () => {
      const config = { ...device.config, python: '/no/such/python' };
      const failure = failureOf(await openDevice(config, context()));
      expect(failure).toMatchObject({ reason: 'unusable', device: device.config.name });
      expect(failure.message).toContain('/no/such/python');
      expect(failure.hint).toContain(`devices.${device.config.name}.python`);
    });

    it.skipIf(fullPython === null)('tells what it is (needs EDGELINE_TEST_PYTHON)', async () => {
      const probe = must(await client.probe());
      expect(probe).toMatchObject({
        device: device.config.name,
        transport: device.config.transport,
        kernel: execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
        architecture: execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim(),
      });
      // Both transports are tested on this machine: what it says of itself is what we can read here.
      const { litert, python } = probe;
      expect(boardText(probe)).toBe(boardText({ ...thisBoard(), litert, python }));
      expect(probe.board_id).toMatch(/^[0-9a-f]{12}$|^unknown$/);
      expect(must(await sameBoardOnly(client, boardText(probe)).probe()).board_id).toBe(probe.board_id);
      const swapped = failureOf(await sameBoardOnly(client, 'another, id 000000000000').probe());
      expect(swapped.message).toContain(`another board answers as ${device.config.name}`);
      expect(probe.memory_bytes).toBeGreaterThan(100e6);
      expect(probe.free_disk_bytes).toBeGreaterThan(0);
      expect(probe.litert).toMatch(/^\d+\.\d+/);
      expect(probe.psutil).toMatch(/^\d+\.\d+/);
      expect(Math.abs(probe.clock_offset_s)).toBeLessThan(2);
    });

    it('is unusable when its Python has no LiteRT', async () => {
      const bare = join(scratch, 'bare-python');
      writeFileSync(bare, `#!/bin/sh\nexec '${anyPython}' -S "$@"\n`);
      chmodSync(bare, 0o755);
      const other = must(await openDevice({ ...device.config, python: bare }, context()));
      const failure = failureOf(await other.probe());
      await other.close();
      expect(failure.reason).toBe('unusable');
      expect(failure.hint).toContain(`npx pipeline devices setup ${device.config.name}`);
    });
  });
}
