import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceConfig } from '../../pipeline/contract/config.js';
import type { DeviceClient } from '../../pipeline/contract/device.js';
import { openDevice } from '../../pipeline/devices/open-device.js';
import { failureOf, must } from '../contract/device-suite.js';
import { type Board, type Boards, NO_BOARDS, startBoards } from '../rig/boards.js';
import { tcpProxy } from '../rig/tcp-proxy.js';

const MEGABYTE = 1_000_000;
const context = { localRoot: '/nowhere', python: '/nowhere' };

let boards: Boards;
let board: Board;
let config: DeviceConfig;
let scratch: string;

beforeAll(async () => {
  if (NO_BOARDS !== null) return;
  scratch = mkdtempSync(join(tmpdir(), 'edgeline-faults-'));
  boards = await startBoards(['carla']);
  [board] = boards.boards as [Board];
  config = { name: 'carla', transport: 'ssh', threads: 1, ...board.device };
}, 60_000);
afterAll(async () => {
  await boards?.stop();
  rmSync(scratch ?? '', { recursive: true, force: true });
});

/** A folder with a file too random to be sent in less. */
function folderOf(name: string, bytes: number): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.tflite'), randomBytes(bytes));
  return folder;
}

async function connected<T>(given: DeviceConfig, work: (device: DeviceClient) => Promise<T>): Promise<T> {
  const device = must(await openDevice(given, context));
  try {
    return await work(device);
  } finally {
    await device.close();
  }
}

/** Waits until a transfer has left something in the staging folder there. */
async function transferBegun(root = join(board.root, 'home/pi/edgeline')): Promise<void> {
  const staging = join(root, '.staging');
  const begun = () =>
    existsSync(staging) &&
    readdirSync(staging, { recursive: true, encoding: 'utf8' }).some((name) => {
      const status = statSync(join(staging, name), { throwIfNoEntry: false });
      return status?.isFile() === true && status.size > 0;
    });
  for (let wait = 0; !begun(); wait += 1) {
    if (wait > 2000) throw new Error('nothing was ever sent');
    await sleep(20);
  }
}

const title = `faults on an emulated arm64 board${NO_BOARDS === null ? '' : ` (skipped: ${NO_BOARDS})`}`;
// Programs run emulated, and a lost link is known as such after its keepalive of fifteen seconds.
describe.skipIf(NO_BOARDS !== null)(title, { timeout: 240_000 }, () => {
  test('the link is cut during a transfer: the next goes on where it stopped, and the old bundle stands', async () => {
    await connected(
      config,
      async (device) => void must(await device.push(folderOf('old', 1000), 'bundles/old')),
    );
    const folder = folderOf('big', 15 * MEGABYTE);
    await connected(config, async (device) => {
      const pushing = device.push(folder, 'bundles/big');
      await transferBegun();
      board.setLink(false);
      const failure = failureOf(await pushing);
      board.setLink(true);
      expect(failure).toMatchObject({ reason: 'lost', device: 'carla' });
    });
    await connected(config, async (device) => {
      expect(must(await device.push(join(scratch, 'old'), 'bundles/old')).sentBytes).toBe(0);
      const report = must(await device.push(folder, 'bundles/big'));
      expect(report.totalBytes).toBe(15 * MEGABYTE);
      expect(report.sentBytes).toBeLessThan(15 * MEGABYTE);
    });
  });

  test('its ssh server is restarted: open connections go on, and those that are cut are told', async () => {
    const folder = folderOf('other', 15 * MEGABYTE);
    await connected(config, async (device) => {
      await board.restartSshd(false);
      expect(must(await device.exec(['echo', 'still here'])).stdout).toBe('still here\n');
      const pushing = device.push(folder, 'bundles/other');
      await transferBegun();
      await board.restartSshd(true);
      expect(failureOf(await pushing)).toMatchObject({ reason: 'lost', device: 'carla' });
    });
    await connected(config, async (device) => void must(await device.push(folder, 'bundles/other')));
  });

  test('its disk is full: the failure says so, what was there stays, and a smaller one fits', async () => {
    board.mountSmallDisk('home/pi/small', 4 * MEGABYTE);
    await connected({ ...config, root: '/home/pi/small/edgeline' }, async (device) => {
      must(await device.push(folderOf('fits', 500_000), 'bundles/fits'));
      const failure = failureOf(await device.push(folderOf('too-big', 8 * MEGABYTE), 'bundles/too-big'));
      expect(failure).toMatchObject({
        reason: 'command',
        message: 'the disk of carla is full',
        hint: expect.stringContaining('npx pipeline devices clean carla'),
      });
      expect(must(await device.push(join(scratch, 'fits'), 'bundles/fits')).sentBytes).toBe(0);
      must(await device.ours(true));
    });
    await connected({ ...config, root: '/home/pi/small/edgeline' }, async (device) => {
      must(await device.push(folderOf('small', MEGABYTE), 'bundles/small'));
    });
  });

  test('another board answers with another host key: nobody logs in', async () => {
    const wrong = join(scratch, 'known_hosts');
    const other = board.hostKey.replace(/.{20}$/, 'AAAAAAAAAAAAAAAAAAAA');
    writeFileSync(wrong, `${board.address} ${other}\n`);
    const failure = failureOf(await openDevice({ ...config, known_hosts_file: wrong }, context));
    expect(failure).toMatchObject({ reason: 'refused', hint: expect.stringContaining('ssh-keygen -R') });
  });

  test('a slow link works, a dead one is noticed, a cut one too', async () => {
    const proxy = await tcpProxy(board.address, 22);
    try {
      const known = join(scratch, 'proxy_known_hosts');
      writeFileSync(known, `[127.0.0.1]:${proxy.port} ${board.hostKey}\n`);
      const far = { ...config, host: 'pi@127.0.0.1', port: proxy.port, known_hosts_file: known };
      proxy.setMode('delay');
      await connected(far, async (device) => {
        const facts = must(await device.inspect());
        // Half of two pieces that wait 50 ms each: the offset alone would look like a wrong clock.
        expect(facts.clock_error_s).toBeGreaterThan(0.04);
        expect(Math.abs(facts.clock_offset_s)).toBeLessThanOrEqual((facts.clock_error_s ?? 0) + 0.001);
      });
      for (const mode of ['stall', 'cut'] as const) {
        proxy.setMode('pass');
        await connected(far, async (device) => {
          const running = device.exec(['sleep', '120']);
          await sleep(500);
          proxy.setMode(mode);
          expect(failureOf(await running), mode).toMatchObject({ reason: 'lost', device: 'carla' });
        });
      }
    } finally {
      await proxy.stop();
    }
  });

  test('bundles that nobody used for a month go, but never the newest five, nor the one just used', async () => {
    await connected({ ...config, root: 'collected' }, async (device) => {
      const names = ['1', '2', '3', '4', '5', '6', '7'];
      const at = (name: string) => join(board.root, 'home/pi/collected/bundles', name);
      for (const name of names) {
        const folder = join(scratch, `bundle-${name}`);
        mkdirSync(folder);
        writeFileSync(join(folder, 'manifest.json'), name.repeat(1000));
        mkdirSync(at(name), { recursive: true });
        writeFileSync(join(at(name), 'manifest.json'), name.repeat(1000));
        const days = 100 - Number(name);
        utimesSync(at(name), Date.now() / 1000 - days * 86_400, Date.now() / 1000 - days * 86_400);
      }
      board.own('home/pi/collected');
      // As deploy does: there already, and so used now.
      expect(must(await device.push(join(scratch, 'bundle-1'), 'bundles/1')).sentBytes).toBe(0);
      const report = must(await device.collect('bundles', 5));
      expect(report).toEqual({ removed: ['2', '3'], bytes: 2000 });
      expect(names.filter((name) => existsSync(at(name)))).toEqual(['1', '4', '5', '6', '7']);
    });
  });
});
