import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../pipeline/base/canonical.js';
import { digestOf } from '../../pipeline/base/canonical.js';
import type { ExecutorConfig } from '../../pipeline/contract/config.js';
import type { Executor, Work, WorkMessage } from '../../pipeline/contract/executor.js';
import type { ExecutorOptions } from '../../pipeline/execute/open-executors.js';
import { openExecutors } from '../../pipeline/execute/open-executors.js';
import { statusOf } from '../../pipeline/execute/processes.js';
import { failureOf, must } from './device-suite.js';

export interface ExecutorUnderTest {
  readonly config: ExecutorConfig;
  readonly options: ExecutorOptions;
  /** A folder for the test's own files; it goes when the executor is stopped. */
  readonly folder: string;
  stop(): Promise<void>;
}

export const WORKERS = fileURLToPath(new URL('../fixtures/workers', import.meta.url));

export interface WorkOptions {
  readonly options?: Readonly<Record<string, Json>>;
  /** Input files: what the job calls `data`. */
  readonly data?: readonly string[];
  readonly change?: Partial<Work>;
}

let counter = 0;

/** Work of one of the workers in test/fixtures/workers, with a folder and a key of its own. */
export function workOf(
  base: string,
  worker: string,
  { options = {}, data = [], change = {} }: WorkOptions = {},
): Work {
  counter += 1;
  const folder = join(base, `work ${counter}`);
  const key = digestOf(JSON.stringify([base, counter]));
  const [out, tmp] = [join(folder, 'out'), join(folder, 'tmp')];
  for (const path of [out, tmp]) mkdirSync(path, { recursive: true });
  const work: Work = {
    job: {
      schema: 1,
      instance: `test@n=${counter}`,
      stage: 'test',
      uses: 'test',
      key,
      study: 'suite',
      profile: [],
      coordinates: { n: counter },
      options,
      inputs: {
        data: data.map((path, n) => ({
          path,
          digest: digestOf(String(n)),
          artifact: 'data',
          output: 'data',
          instance: 'before',
          stage: 'before',
          coordinates: {},
          key: digestOf('before'),
        })),
      },
      external: {},
      outputs: { copies: join(out, 'copies') },
      out_dir: out,
      scratch_dir: tmp,
      cache_dir: join(base, 'cache'),
      threads: 1,
      python: '',
    },
    folder,
    argv: [process.execPath, join(WORKERS, `${worker}.mjs`), join(folder, 'job.json')],
    kind: 'worker',
    env: { PATH: process.env.PATH ?? '' },
    logFile: join(folder, 'log.txt'),
    silenceLimitSeconds: 60,
    needs: { cpu: 1 },
    reads: [WORKERS, ...data],
    environment: {},
    ...change,
  };
  writeFileSync(join(folder, 'job.json'), JSON.stringify(work.job));
  return work;
}

/** Not so when it is dead and only nobody has waited for it yet. */
export function isAlive(pid: number): boolean {
  const status = statusOf(pid);
  return status !== null && status.state !== 'Z';
}

/** The same promises for every kind of executor. `skipped` says why this kind cannot be tested here. */
export function executorSuite(
  kind: ExecutorConfig['kind'],
  skipped: string | null,
  start: () => Promise<ExecutorUnderTest>,
): void {
  const title = `an executor of kind ${kind}${skipped === null ? '' : ` (skipped: ${skipped})`}`;
  describe.skipIf(skipped !== null)(title, () => {
    let under: ExecutorUnderTest;
    let executor: Executor;
    const opened = () => openExecutors({ [under.config.name]: under.config }, under.options);
    const messages: WorkMessage[] = [];
    const run = (work: Work, signal = new AbortController().signal) =>
      executor.run(work, (message) => messages.push(message), signal);
    const command = (script: string, change: Partial<Work> = {}) =>
      workOf(under.folder, 'ok', { change: { kind: 'command', argv: ['/bin/sh', '-c', script], ...change } });

    beforeAll(async () => {
      under = await start();
      executor = opened().get(under.config.name);
    });
    afterEach(() => messages.splice(0));
    afterAll(async () => {
      await executor?.close();
      await under?.stop();
    });

    it('hands over messages and the summary, keeps stdout as the log', async () => {
      const work = workOf(under.folder, 'ok');
      const result = must(await run(work));
      expect(result.summary).toEqual({ rows: 2 });
      expect(result.usage.wall_seconds).toBeGreaterThan(0);
      // What the executor itself has to tell comes as `info`.
      expect(messages.filter((message) => !('level' in message) || message.level !== 'info')).toEqual([
        { type: 'progress', done: 1, total: 2, unit: 'rows', phase: 'reading' },
        { type: 'metric', name: 'loss', value: 0.5, step: 1 },
        { type: 'log', level: 'warning', message: 'one row was dropped' },
      ]);
      expect(readFileSync(work.logFile, 'utf8')).toBe('noise on stdout\n');
    });

    it('brings what is read there and what is made back, whatever the names', async () => {
      const names = ['plain.txt', 'with space', "quote's", 'new\nline', 'ümläut 🦊', '-dash', 'a:b*[c]'];
      const data = names.map((name) => join(under.folder, 'in put', name));
      mkdirSync(join(under.folder, 'in put'), { recursive: true });
      for (const path of data) writeFileSync(path, `content of ${path}`);
      const work = workOf(under.folder, 'copies', {
        data,
        change: { env: { PATH: process.env.PATH ?? '', WANTED: 'a b' } },
      });
      writeFileSync(join(work.job.out_dir, 'stale'), 'of an attempt before');
      rmSync(work.job.out_dir, { recursive: true });
      const { summary } = must(await run(work));
      const copies = join(work.job.out_dir, 'copies');
      for (const [n, name] of names.entries())
        expect(readFileSync(join(copies, 'deep', 'er', name), 'utf8')).toBe(`content of ${data[n]}`);
      expect(statSync(join(copies, 'run.sh')).mode & 0o111).toBe(0o111);
      expect(statSync(join(copies, 'deep', 'er', 'plain.txt')).mode & 0o111).toBe(0);
      expect(summary.value).toBe('a b');
    });

    it('gives a worker the variables that are declared, and no others of ours', async () => {
      process.env.EDGELINE_TEST_SECRET = 'not for workers';
      const { summary } = must(await run(workOf(under.folder, 'copies')));
      delete process.env.EDGELINE_TEST_SECRET;
      expect(summary.variables).toContain('PATH');
      expect(summary.variables).not.toContain('EDGELINE_TEST_SECRET');
    });

    it('runs a command, of which the exit code is all', async () => {
      const work = command('echo told; echo made > "$OUT/made.txt"');
      const set = { ...work, env: { ...work.env, OUT: work.job.out_dir } };
      expect(must(await run(set)).summary).toEqual({});
      expect(readFileSync(join(work.job.out_dir, 'made.txt'), 'utf8')).toBe('made\n');
      expect(readFileSync(work.logFile, 'utf8')).toBe('told\n');
    });

    it('runs code that is found by a variable, from the folder that the code has here', async () => {
      const library = join(under.folder, 'code', 'lib', 'part.sh');
      mkdirSync(dirname(library), { recursive: true });
      writeFileSync(library, '#!/bin/sh\necho from the part\n');
      chmodSync(library, 0o755);
      const env = { PATH: '/usr/bin:/bin', PARTS: join(under.folder, 'code') };
      const work = command('"$PARTS/lib/part.sh"', { env, reads: [library] });
      must(await run(work));
      expect(readFileSync(work.logFile, 'utf8')).toBe('from the part\n');
    });

    it('keeps the exit code and the end of the log of what failed', async () => {
      const failure = failureOf(await run(command('echo why >&2; exit 75')));
      expect(failure).toEqual({ reason: 'exit-nonzero', exitCode: 75, stderrTail: ['why'] });
      expect(failureOf(await run(workOf(under.folder, 'crash')))).toMatchObject({
        reason: 'exit-nonzero',
        exitCode: 3,
        stderrTail: ['the reason stands on stderr'],
      });
    });

    it('tells a signal from an exit', async () => {
      expect(failureOf(await run(workOf(under.folder, 'killed')))).toMatchObject({
        reason: 'signal',
        signal: 'SIGKILL',
      });
    });

    it("passes a worker's own words on", async () => {
      expect(failureOf(await run(workOf(under.folder, 'failure')))).toMatchObject({
        reason: 'stage-error',
        code: 'bad-row',
        line: 3,
      });
    });

    it('ends what speaks nonsense', async () => {
      expect(failureOf(await run(workOf(under.folder, 'garbage')))).toMatchObject({
        reason: 'protocol-violation',
        line: 'this is not JSON',
      });
      expect(failureOf(await run(workOf(under.folder, 'no-result')))).toMatchObject({
        reason: 'protocol-violation',
      });
    });

    it('ends what takes too long or says nothing', async () => {
      const late = command('sleep 600', { timeoutSeconds: 0.3 });
      expect(failureOf(await run(late))).toEqual({ reason: 'timed-out', limitSeconds: 0.3 });
      const silent = workOf(under.folder, 'no-heartbeat', {
        change: { argv: ['/bin/sh', '-c', 'sleep 600'], silenceLimitSeconds: 0.3 },
      });
      expect(failureOf(await run(silent))).toEqual({ reason: 'no-heartbeat', limitSeconds: 0.3 });
    });

    it('names a program that is not there', async () => {
      const work = command('', { argv: ['/no/such/program'] });
      expect(failureOf(await run(work))).toMatchObject({
        reason: 'spawn-error',
        command: '/no/such/program',
      });
    });

    it('ends the whole tree of an aborted attempt', async () => {
      const pids = join(under.folder, 'aborted pids');
      const work = command('sleep 600 & echo $! $$ > "$PIDS.part"; mv "$PIDS.part" "$PIDS"; wait', {
        env: { PATH: '/usr/bin:/bin', PIDS: pids },
      });
      const controller = new AbortController();
      const result = run(work, controller.signal);
      while (!existsSync(pids)) await new Promise((resolve) => setTimeout(resolve, 20));
      controller.abort();
      expect(failureOf(await result)).toEqual({ reason: 'aborted' });
      expect(readFileSync(pids, 'utf8').trim().split(' ').map(Number).filter(isAlive)).toEqual([]);
    });

    describe('with a folder to go on from', () => {
      const steps = (options: Readonly<Record<string, Json>> = {}) => {
        const work = workOf(under.folder, 'resumes', { options: { steps: 4, ...options } });
        const resume_dir = join(under.folder, 'resume', basename(work.folder), 'here');
        return { ...work, job: { ...work.job, resume_dir } };
      };
      /** As the engine does it: the attempt has its own folder and its job. */
      const attempt = (work: Work, signal?: AbortSignal) => {
        messages.splice(0);
        for (const path of [work.job.out_dir, work.job.scratch_dir]) {
          rmSync(path, { recursive: true, force: true });
          mkdirSync(path, { recursive: true });
        }
        writeFileSync(join(work.folder, 'job.json'), JSON.stringify(work.job));
        return run(work, signal);
      };
      const resumed = () => messages.some(({ type }) => type === 'resuming');
      const heldHere = (work: Work) => readdirSync(work.job.resume_dir ?? '').length > 0;

      it('lets the next attempt at the same key find what one that was killed left', async () => {
        const work = steps({ dies_at: 2 });
        expect(failureOf(await attempt(work))).toMatchObject({ reason: 'signal', signal: 'SIGKILL' });
        expect(resumed()).toBe(false);
        expect(heldHere(work)).toBe(true);
        expect(must(await attempt(work)).summary).toEqual({ from: 2, to: 4 });
        expect(resumed()).toBe(true);
        expect(readFileSync(join(work.job.out_dir, 'count.txt'), 'utf8')).toBe('4\n');
        // The result is stored.
        await executor.forget?.(work.job.key);
        rmSync(work.job.resume_dir, { recursive: true });
        const whole = { ...work, job: { ...work.job, options: { steps: 4 } } };
        expect(must(await attempt(whole)).summary).toEqual({ from: 0, to: 4 });
      });

      it('shares it with no other key', async () => {
        expect(failureOf(await attempt(steps({ dies_at: 3 })))).toMatchObject({ reason: 'signal' });
        expect(must(await attempt(steps())).summary).toEqual({ from: 0, to: 4 });
        expect(resumed()).toBe(false);
      });

      it('empties it where the work is to be made anew', async () => {
        const work = steps({ dies_at: 2 });
        failureOf(await attempt(work));
        const change = { ...work, anew: true as const, job: { ...work.job, options: { steps: 4 } } };
        expect(must(await attempt(change)).summary).toEqual({ from: 0, to: 4 });
        expect(resumed()).toBe(false);
      });

      it('keeps it when the attempt is aborted', async () => {
        const work = steps({ dies_at: 3, how: 'waits' });
        const controller = new AbortController();
        const result = attempt(work, controller.signal);
        const done = () => messages.some((message) => message.type === 'progress' && message.done === 3);
        while (!done()) await new Promise((resolve) => setTimeout(resolve, 20));
        controller.abort();
        expect(failureOf(await result)).toEqual({ reason: 'aborted' });
        expect(heldHere(work)).toBe(true);
        expect(must(await attempt(work)).summary).toEqual({ from: 3, to: 4 });
      });

      it('keeps nothing here for a worker that left nothing', async () => {
        const { job, ...work } = command('exit 7');
        const resume_dir = join(under.folder, 'resume', 'nothing', 'here');
        expect(failureOf(await attempt({ ...work, job: { ...job, resume_dir } }))).toMatchObject({
          exitCode: 7,
        });
        expect(readdirSync(resume_dir)).toEqual([]);
      });
    });

    it('is over at once when it was aborted before', async () => {
      expect(failureOf(await run(command('sleep 600'), AbortSignal.abort()))).toEqual({ reason: 'aborted' });
    });
  });
}
