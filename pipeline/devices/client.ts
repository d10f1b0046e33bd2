import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Json } from '../base/canonical.js';
import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import type {
  BoardPlatform,
  CollectReport,
  DeviceClient,
  DeviceFacts,
  DeviceFailure,
  DeviceProbe,
  OurFolder,
  PushReport,
} from '../contract/device.js';
import { clockQuestions } from './clock-questions.js';
import { deviceFailure, tail } from './device-failure.js';
import { deviceHelper } from './device-helper.js';
import type { FolderManifest } from './folder-manifest.js';
import { difference, manifestOf, totalBytes } from './folder-manifest.js';
import { rsync } from './rsync.js';
import type { Transport } from './transport.js';

interface Prepared extends FolderManifest {
  readonly beside: readonly string[];
}

type ProbeReply = Omit<DeviceFacts, 'device' | 'transport' | 'clock_offset_s' | 'clock_error_s' | 'problems'>;

/** A device on any transport. `root` and `python` are as they are there. */
export function deviceClient(
  device: string,
  transport: Transport,
  root: string,
  python: string,
  platform: BoardPlatform,
): DeviceClient {
  const helperArgv = (command: string) => [python, '-B', '-c', deviceHelper(), command];

  async function ask<T>(command: string, request: Json): Promise<Result<T, DeviceFailure>> {
    const result = await transport.run(helperArgv(command), { stdin: JSON.stringify(request) });
    if (!result.ok) return result;
    if (result.value.exitCode !== 0) {
      return deviceFailure('command', device, `${command} failed on ${device}: ${tail(result.value.stderr)}`);
    }
    return ok(JSON.parse(result.value.stdout) as T);
  }

  /** Runs `work` while a lock file there is held: two pushes of one folder must not meet in its staging. */
  async function locked<T>(
    path: string,
    work: () => Promise<Result<T, DeviceFailure>>,
  ): Promise<Result<T, DeviceFailure>> {
    const release = new AbortController();
    let announce: () => void = () => undefined;
    const held = new Promise<'held'>((resolve) => {
      announce = () => resolve('held');
    });
    const holder = transport.run(helperArgv('hold'), {
      stdin: { open: true, first: `${JSON.stringify({ path })}\n` },
      onLine: () => announce(),
      signal: release.signal,
    });
    const first = await Promise.race([held, holder]);
    if (first !== 'held') {
      if (!first.ok) return first;
      return deviceFailure('command', device, `${device} cannot lock ${path}: ${tail(first.value.stderr)}`);
    }
    try {
      return await work();
    } finally {
      release.abort();
      await holder;
    }
  }

  async function replace(
    folder: string,
    target: string,
    staging: string,
  ): Promise<Result<PushReport, DeviceFailure>> {
    const start = performance.now();
    const expected = await manifestOf(folder);
    if (expected.kind !== 'folder') throw new RangeError(`Internal error: ${folder} is not a folder`);
    const report = (sentBytes: number): PushReport => ({
      sentBytes,
      totalBytes: totalBytes(expected),
      files: expected.files.length,
      seconds: (performance.now() - start) / 1000,
    });
    const before = await ask<Prepared>('prepare', { target });
    if (!before.ok) return before;
    if (difference(expected, before.value) === null) return ok(report(0));
    const beside = before.value.kind === 'folder' ? [target, ...before.value.beside] : before.value.beside;
    const sent = await rsync(
      device,
      transport,
      `${resolve(folder)}/`,
      transport.rsyncPath(`${staging}/`),
      beside,
    );
    if (!sent.ok) return sent;
    const after = await ask<FolderManifest>('manifest', { path: staging });
    if (!after.ok) return after;
    const wrong = difference(expected, after.value);
    if (wrong !== null)
      return deviceFailure('digest-mismatch', device, `after the transfer to ${device}, ${wrong}`);
    const switched = await ask<object>('switch', { target, staging });
    return switched.ok ? ok(report(sent.value.sent)) : switched;
  }

  async function inspect(): Promise<Result<DeviceFacts, DeviceFailure>> {
    let reply: ProbeReply | undefined;
    const clock = clockQuestions(JSON.stringify({ root }));
    const result = await transport.run(helperArgv('probe'), {
      stdin: clock.stdin,
      timeoutSeconds: 120,
      onLine: (line) => {
        if (!clock.answered(line)) reply = JSON.parse(line) as ProbeReply;
      },
    });
    if (!result.ok) return result;
    const problems = tail(result.value.stderr);
    if (reply === undefined)
      return deviceFailure('command', device, `${device} cannot be probed: ${problems}`);
    return ok({ ...reply, device, transport: transport.kind, ...clock.reading(), problems });
  }

  return {
    name: device,
    transport: transport.kind,
    root,
    python,
    platform,
    async probe() {
      const facts = await inspect();
      return facts.ok ? requireRuntime(facts.value, python) : facts;
    },
    inspect,
    exec: (argv, options = {}) => transport.run(argv, { cwd: root, ...options }),
    stream: (argv, onLine, options = {}) =>
      transport.run(argv, { cwd: root, onLine, stdin: { open: true }, ...options }),
    async push(localFolder, remote) {
      const target = insideRoot(root, remote);
      const staging = posix.join(root, '.staging', stagingName(remote));
      return locked(`${staging}.lock`, () => replace(localFolder, target, staging));
    },
    async pull(remote, localPath) {
      const start = performance.now();
      const path = insideRoot(root, remote);
      const there = await ask<FolderManifest>('manifest', { path });
      if (!there.ok) return there;
      if (there.value.kind === 'absent')
        return deviceFailure('command', device, `${device} has no ${remote}`);
      const slash = there.value.kind === 'folder' ? '/' : '';
      const partial = `${resolve(localPath)}.${randomBytes(4).toString('hex')}.partial`;
      try {
        await mkdir(slash === '' ? resolve(localPath, '..') : partial, { recursive: true });
        const got = await rsync(
          device,
          transport,
          transport.rsyncPath(`${path}${slash}`),
          `${partial}${slash}`,
        );
        if (!got.ok) return got;
        const wrong = difference(there.value, await manifestOf(partial));
        if (wrong !== null)
          return deviceFailure('digest-mismatch', device, `after the transfer from ${device}, ${wrong}`);
        await rm(localPath, { recursive: true, force: true });
        await rename(partial, localPath);
        return ok({
          sentBytes: got.value.received,
          totalBytes: totalBytes(there.value),
          files: there.value.files.length,
          seconds: (performance.now() - start) / 1000,
        });
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
    },
    collect: (remote, keep) => ask<CollectReport>('collect', { path: insideRoot(root, remote), keep }),
    ours: (remove) => ask<OurFolder>('ours', { root, remove }),
    close: () => transport.close(),
  };
}

/** The probe of a device that can run the agent. */
function requireRuntime(facts: DeviceFacts, python: string): Result<DeviceProbe, DeviceFailure> {
  const { litert, psutil, problems, ...rest } = facts;
  if (litert !== null && psutil !== null) return ok({ ...rest, litert, psutil });
  const missing = [...(litert === null ? ['ai-edge-litert'] : []), ...(psutil === null ? ['psutil'] : [])];
  return deviceFailure(
    'unusable',
    facts.device,
    `${python} on ${facts.device} cannot import ${missing.join(' and ')} (${problems})`,
    `Install what is missing, which needs no internet there: npx pipeline devices setup ${facts.device}`,
  );
}

function insideRoot(root: string, remote: string): string {
  const path = posix.normalize(remote);
  if (path === '.' || path.startsWith('..') || posix.isAbsolute(path)) {
    throw new RangeError(`Internal error: '${remote}' is not inside a device's root`);
  }
  return posix.join(root, path);
}

function stagingName(remote: string): string {
  return createHash('sha256').update(posix.normalize(remote)).digest('hex').slice(0, 16);
}
