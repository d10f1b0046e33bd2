import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { WorkMessage } from '../../pipeline/contract/executor.js';
import { openExecutors } from '../../pipeline/execute/open-executors.js';
import { sshdAvailable, startSshd } from '../rig/sshd.js';
import { detachedSuite, until } from './detached-suite.js';
import { failureOf, must } from './device-suite.js';
import { executorSuite, workOf } from './executor-suite.js';

const start = async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'ssh' "));
  const root = mkdtempSync(join(tmpdir(), 'edgeline-there-'));
  const sshd = await startSshd();
  return {
    sshd,
    config: {
      name: 'there',
      kind: 'ssh' as const,
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
};

executorSuite('ssh', sshdAvailable(), start);

detachedSuite('ssh', sshdAvailable(), start, (under) => {
  it('goes on after a lost connection', async () => {
    const [gate, starts] = [join(under().folder, 'gate4'), join(under().folder, 'starts4')];
    const work = workOf(under().folder, 'waits', { options: { gate, starts } });
    const executors = openExecutors({ there: under().config }, under().options);
    const messages: WorkMessage[] = [];
    const result = executors
      .get('there')
      .run(work, (message) => messages.push(message), new AbortController().signal);
    const beats = () => messages.filter(({ type }) => type === 'progress').length;
    await until(() => beats() > 2);
    under().sshd.dropConnections();
    await until(() => messages.some((message) => message.type === 'log' && message.level === 'warning'));
    const before = beats();
    await until(() => beats() > before);
    writeFileSync(gate, '');
    expect(must(await result).summary).toEqual({ done: true });
    expect(readFileSync(starts, 'utf8')).toBe('x');
    // Every line once, in order: nothing was lost and nothing came twice.
    const log = readFileSync(work.logFile, 'utf8').trim().split('\n').slice(1);
    expect(log).toEqual(log.map((_, beat) => `beat ${beat}`));
    await executors.close();
  });

  it('drops there what nobody went on with for a month, and nothing younger', async () => {
    const above = join(under().config.root, 'resume');
    for (const [name, days] of [
      ['old', 31],
      ['young', 29],
    ] as const) {
      mkdirSync(join(above, name, 'state'), { recursive: true });
      writeFileSync(join(above, name, 'state', 'count'), '1');
      const time = Date.now() / 1000 - days * 86_400;
      for (const path of ['state/count', 'state', '.']) utimesSync(join(above, name, path), time, time);
    }
    const executors = openExecutors({ there: under().config }, under().options);
    const { signal } = new AbortController();
    must(await executors.get('there').run(workOf(under().folder, 'ok'), () => undefined, signal));
    expect([existsSync(join(above, 'old')), existsSync(join(above, 'young'))]).toEqual([false, true]);
    await executors.close();
  });

  it('says what to do when the machine does not know us', async () => {
    const config = { ...under().config, identity_file: join(under().folder, 'no-key') };
    const executors = openExecutors({ there: config }, under().options);
    const result = await executors
      .get('there')
      .run(workOf(under().folder, 'ok'), () => undefined, new AbortController().signal);
    expect(failureOf(result)).toMatchObject({
      reason: 'executor-error',
      hint: expect.stringContaining('identity_file'),
    });
    await executors.close();
  });

  const withPython = (python: string | undefined, lock: string) => {
    const lockFile = join(under().folder, 'requirements.lock');
    writeFileSync(lockFile, lock);
    const config = { ...under().config, ...(python === undefined ? {} : { python }) };
    return openExecutors({ there: config }, { ...under().options, lockFile });
  };
  const version = execFileSync('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  const environment = { python: version.toString().trim(), python_lock: 'a1b2c3' };
  const pythonWork = () => {
    const work = workOf(under().folder, 'ok', { change: { kind: 'command', environment } });
    const job = { ...work.job, python: '/our/own/python' };
    return { ...work, job, argv: ['/our/own/python', '-c', 'import sys; print(sys.prefix)'] };
  };

  it('makes the Python of the lock file there', async () => {
    const executors = withPython(undefined, '# nothing but what venv brings\n');
    const work = pythonWork();
    must(await executors.get('there').run(work, () => undefined, new AbortController().signal));
    const { root = '' } = under().config;
    expect(readFileSync(work.logFile, 'utf8').trim()).toBe(
      join(root, 'python', `a1b2c3-${environment.python}`),
    );
    await executors.close();
  });

  it('refuses a Python there that is not as the lock file says', async () => {
    const executors = withPython('python3', 'no-such-package==1.2 \\\n    --hash=sha256:00\n');
    const result = await executors
      .get('there')
      .run(pythonWork(), () => undefined, new AbortController().signal);
    expect(failureOf(result)).toMatchObject({
      reason: 'executor-error',
      message: expect.stringContaining('no-such-package missing, the lock has 1.2'),
    });
    await executors.close();
  });
});
