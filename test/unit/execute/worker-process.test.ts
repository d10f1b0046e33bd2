import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../../pipeline/base/canonical.js';
import type { Result } from '../../../pipeline/base/result.js';
import type { WorkMessage } from '../../../pipeline/contract/executor.js';
import type { Failure } from '../../../pipeline/contract/failure.js';
import { statusOf } from '../../../pipeline/execute/processes.js';
import { runWorker } from '../../../pipeline/execute/worker-process.js';

const workers = fileURLToPath(new URL('../../fixtures/workers/', import.meta.url));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-worker-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(
  worker: string,
  options: { silence?: number; signal?: AbortSignal } = {},
): Promise<{ result: Result<Readonly<Record<string, Json>>, Failure>; messages: WorkMessage[] }> {
  const messages: WorkMessage[] = [];
  const result = await runWorker(
    {
      argv: [process.execPath, join(workers, `${worker}.mjs`)],
      kind: 'worker',
      cwd: folder,
      env: { PATH: process.env.PATH ?? '' },
      logFile: join(folder, 'log'),
      silenceLimitSeconds: options.silence ?? 30,
    },
    (message) => messages.push(message),
    options.signal ?? new AbortController().signal,
  );
  return { result, messages };
}

function failureOf(result: Result<unknown, Failure>): Failure {
  if (result.ok) throw new Error('expected a failure');
  return result.error;
}

/** Not so when it is dead and only nobody has waited for it yet. */
function isAlive(pid: number): boolean {
  const status = statusOf(pid);
  return status !== null && status.state !== 'Z';
}

describe('runWorker', () => {
  test('hands over messages and the summary, keeps stdout as the log', async () => {
    const { result, messages } = await run('ok');
    expect(result).toEqual({ ok: true, value: { rows: 2 } });
    expect(messages.map((message) => message.type)).toEqual(['progress', 'metric', 'log']);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('noise on stdout\n');
  });

  test('a crash keeps the exit code and the end of stderr', async () => {
    const { result } = await run('crash');
    expect(failureOf(result)).toEqual({
      reason: 'exit-nonzero',
      exitCode: 3,
      stderrTail: ['the reason stands on stderr'],
    });
  });

  test('a worker that was killed names the signal', async () => {
    const { result } = await run('killed');
    expect(failureOf(result)).toMatchObject({ reason: 'signal', signal: 'SIGKILL' });
  });

  test('a message for the user comes through whole', async () => {
    const { result } = await run('failure');
    expect(failureOf(result)).toEqual({
      reason: 'stage-error',
      code: 'bad-row',
      message: 'row 3 has 2 fields',
      hint: 'mend it',
      file: 'a.tsv',
      line: 3,
    });
  });

  // SIGINT is ignored there, so this waits for the grace of five seconds and then ends it with SIGTERM.
  test('a worker that falls silent is ended', { timeout: 20_000 }, async () => {
    const { result } = await run('hang', { silence: 1 });
    expect(failureOf(result)).toEqual({ reason: 'no-heartbeat', limitSeconds: 1 });
  });

  test('an abort ends the worker', { timeout: 20_000 }, async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const { result } = await run('hang', { signal: controller.signal });
    expect(failureOf(result)).toEqual({ reason: 'aborted' });
  });

  test.each([
    ['garbage', 'it is not JSON'],
    ['no-hello', 'the first message must be hello'],
    ['no-result', 'it ended without a result'],
  ])('%s breaks the protocol', async (worker, problem) => {
    const { result } = await run(worker);
    expect(failureOf(result)).toMatchObject({ reason: 'protocol-violation', problem });
  });

  test('nothing that a worker started outlives it', { timeout: 20_000 }, async () => {
    const { result, messages } = await run('leaves-child');
    expect(result.ok).toBe(true);
    const pid = messages.find((message) => message.type === 'metric')?.value ?? 0;
    expect(pid).toBeGreaterThan(1);
    expect(isAlive(pid)).toBe(false);
  });

  test('a command that does not exist is a failure, not a throw', async () => {
    const result = await runWorker(
      {
        argv: ['/no/such/program'],
        kind: 'worker',
        cwd: folder,
        env: {},
        logFile: join(folder, 'log'),
        silenceLimitSeconds: 5,
      },
      () => undefined,
      new AbortController().signal,
    );
    expect(failureOf(result)).toMatchObject({ reason: 'spawn-error', command: '/no/such/program' });
  });
});
