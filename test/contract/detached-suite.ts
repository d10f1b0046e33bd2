import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutorConfig } from '../../pipeline/contract/config.js';
import type { Executor, Work, WorkMessage } from '../../pipeline/contract/executor.js';
import { hostInstructionSet } from '../../pipeline/execute/instruction-set.js';
import { openExecutors } from '../../pipeline/execute/open-executors.js';
import { INSTALLATION } from '../rig/pipeline-rig.js';
import { failureOf, must } from './device-suite.js';
import { type ExecutorUnderTest, isAlive, workOf } from './executor-suite.js';

/** Waits for something that another process does; a queue may take a while. */
export async function until(condition: () => boolean, seconds = 60): Promise<void> {
  const start = Date.now();
  while (!condition()) {
    if (Date.now() - start > seconds * 1000) throw new Error(`never happened: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is promised by executors whose work outlives the engine. Needs dist/: the engine that is killed is a real process. */
export function detachedSuite<T extends ExecutorUnderTest>(
  kind: ExecutorConfig['kind'],
  skipped: string | null,
  start: () => Promise<T>,
  more: (under: () => T) => void = () => undefined,
): void {
  const title = `work of kind ${kind} that outlives the engine${skipped === null ? '' : ` (skipped: ${skipped})`}`;
  // Each starts several processes elsewhere and one of them waits for a second engine.
  describe.skipIf(skipped !== null)(title, { timeout: 120_000 }, () => {
    let under: T;
    let executor: Executor;
    beforeAll(async () => {
      under = await start();
      executor = openExecutors({ [under.config.name]: under.config }, under.options).get(under.config.name);
    });
    afterAll(async () => {
      await executor?.close();
      await under?.stop();
    });
    const run = (work: Work, messages: WorkMessage[] = []) =>
      executor.run(work, (message) => messages.push(message), new AbortController().signal);

    it('goes on with what a killed engine left, and does not start it again', async () => {
      const [gate, starts] = [join(under.folder, 'gate'), join(under.folder, 'starts')];
      const work = workOf(under.folder, 'waits', { options: { gate, starts } });
      const engine = startEngine(under, work);
      try {
        await until(() => existsSync(starts));
      } finally {
        engine.kill('SIGKILL');
      }
      const messages: WorkMessage[] = [];
      const again = run(work, messages);
      await until(() => messages.some((message) => message.type === 'metric'));
      const pid = messages.find((message) => message.type === 'metric')?.value ?? 0;
      expect(isAlive(pid)).toBe(true);
      writeFileSync(gate, '');
      expect(must(await again).summary).toEqual({ done: true });
      expect(readFileSync(join(work.job.out_dir, 'result.txt'), 'utf8')).toBe('whole\n');
      expect(readFileSync(starts, 'utf8')).toBe('x');
    });

    it('takes what was done while no engine was there', async () => {
      const [gate, starts] = [join(under.folder, 'gate2'), join(under.folder, 'starts2')];
      const work = workOf(under.folder, 'waits', { options: { gate, starts } });
      const engine = startEngine(under, work);
      try {
        await until(() => existsSync(work.logFile) && readFileSync(work.logFile, 'utf8').includes('beat 1'));
      } finally {
        engine.kill('SIGKILL');
      }
      const pid = pidOf(work);
      writeFileSync(gate, '');
      await until(() => !isAlive(pid));
      expect(must(await run(work)).summary).toEqual({ done: true });
      expect(readFileSync(starts, 'utf8')).toBe('x');
    });

    it('refuses results when an input changed meanwhile', async () => {
      const [gate, starts] = [join(under.folder, 'gate3'), join(under.folder, 'starts3')];
      const input = join(under.folder, 'changing', 'input.txt');
      mkdirSync(dirname(input), { recursive: true });
      writeFileSync(input, 'before');
      const work = workOf(under.folder, 'waits', { options: { gate, starts }, data: [input] });
      const result = run(work);
      await until(() => existsSync(starts));
      writeFileSync(input, 'after!');
      writeFileSync(gate, '');
      expect(failureOf(await result)).toEqual({ reason: 'input-changed', path: input });
      expect(existsSync(join(work.job.out_dir, 'copies'))).toBe(false);
    });

    /** Starts work that counts to two and waits; gives it to the test with the process that supervises it. */
    const waiting = async () => {
      const work = workOf(under.folder, 'resumes', { options: { steps: 3, dies_at: 2, how: 'waits' } });
      const job = { ...work.job, resume_dir: join(under.folder, 'resume', work.job.key, 'there') };
      const messages: WorkMessage[] = [];
      const result = run({ ...work, job }, messages);
      await until(() => messages.some((message) => message.type === 'progress' && message.done === 2));
      const supervisor = messages.find((message) => message.type === 'metric')?.value ?? 0;
      messages.splice(0);
      return { work: { ...work, job }, messages, result, supervisor };
    };

    it('lets a worker note where it is when the machine ends it, and goes on from there', async () => {
      const { work, messages, result, supervisor } = await waiting();
      process.kill(supervisor, 'SIGTERM');
      expect(failureOf(await result)).toMatchObject({
        reason: 'executor-error',
        executor: under.config.name,
      });
      expect(must(await run(work, messages)).summary).toEqual({ from: 2, to: 3 });
      expect(messages).toContainEqual({ type: 'resuming' });
      expect(messages).toContainEqual({ type: 'log', level: 'warning', message: 'found state told-to-end' });
    });

    it('goes on after a machine that was lost without a word', async () => {
      const { work, messages, result, supervisor } = await waiting();
      process.kill(supervisor, 'SIGKILL');
      expect(failureOf(await result)).toMatchObject({
        reason: 'executor-error',
        executor: under.config.name,
      });
      expect(must(await run(work, messages)).summary).toEqual({ from: 2, to: 3 });
      expect(messages).toContainEqual({ type: 'resuming' });
    });

    it('refuses to run where the environment is not that of the key', async () => {
      const work = workOf(under.folder, 'ok', {
        change: { environment: { architecture: 'pdp11', node: '3', cpu_isa: 'AVX9, at most AVX2' } },
      });
      const failure = failureOf(await run(work));
      expect(failure).toMatchObject({ reason: 'executor-error', executor: under.config.name });
      expect(JSON.stringify(failure)).toMatch(
        /architecture is \w+ there, pdp11 here; node is \d+ there, 3 here; cpu_isa is \w+, at most AVX2 there, AVX9, at most AVX2 here/,
      );
    });

    it('runs where the processor is that of the key', async () => {
      const change = { environment: { cpu_isa: hostInstructionSet({}), architecture: process.arch } };
      expect(must(await run(workOf(under.folder, 'ok', { change }))).summary).toEqual({ rows: 2 });
    });

    it('says which input is not there', async () => {
      const input = join(under.folder, 'never made');
      expect(failureOf(await run(workOf(under.folder, 'ok', { data: [input] })))).toEqual({
        reason: 'input-changed',
        path: input,
      });
    });

    more(() => under);
  });
}

function startEngine(under: ExecutorUnderTest, work: Work): ChildProcess {
  const file = join(work.folder, 'engine.json');
  const { config, options } = under;
  writeFileSync(
    file,
    JSON.stringify({ executors: { [config.name]: config }, options, name: config.name, work }),
  );
  return spawn(process.execPath, [join(INSTALLATION, 'test/rig/execute-work.mjs'), file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Of the worker `waits`, which prints it first. */
function pidOf(work: Work): number {
  return Number(/^pid (\d+)$/m.exec(readFileSync(work.logFile, 'utf8'))?.[1]);
}
