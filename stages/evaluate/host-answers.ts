import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageContext, StageFailure } from '../../pipeline/contract/worker.js';
import { failureOf, messageOf } from './parity.js';

/** The answers of this machine to the test set, with the device's own file. */
export interface HostAnswers {
  /** Here, with predictions.jsonl. */
  readonly folder: string;
  /** Tweets that are longer than the model's length. */
  readonly truncated: number;
}

/** Lets the program that the device would run answer all texts here. */
export async function answerHere(
  { job, signal, progress }: StageContext,
  bundle: string,
  { threads, limit }: { readonly threads: number; readonly limit?: number },
): Promise<Result<HostAnswers, StageFailure>> {
  const folder = join(job.scratch_dir, 'answers-here');
  await mkdir(folder, { recursive: true });
  const argv = ['-B', join(bundle, 'agent', 'infer.py'), '--bundle', bundle, '--out', folder];
  const rest = ['--threads', String(threads), '--warmup', '0', '--workers', '0'];
  const limited = limit === undefined ? [] : ['--limit', String(limit)];
  const program = execa(job.python, [...argv, ...rest, ...limited], { cancelSignal: signal, reject: false });
  const lines: string[] = [];
  let truncated = 0;
  const listen = async (): Promise<void> => {
    for await (const line of program.iterable({ from: 'stdout' })) {
      const message = messageOf(line);
      if (message?.type === 'progress')
        progress(message.done, message.total, message.unit, 'answers, on this machine');
      else lines.push(line);
      truncated = truncatedOf(line) ?? truncated;
    }
  };
  const [ended] = await Promise.all([program, listen().catch(() => undefined)]);
  if (signal.aborted) return err({ code: 'aborted', message: 'answering on this machine was stopped' });
  if (ended.exitCode !== 0) {
    const otherwise = { code: 'inference-died', what: 'answering the test set' };
    return err(failureOf('this machine', lines, ended.stderr, otherwise));
  }
  return ok({ folder, truncated });
}

/** The program's last line; the agent, which adds more to it, is not there. */
function truncatedOf(line: string): number | null {
  if (!line.includes('"type":"result"')) return null;
  const { truncated } = JSON.parse(line) as { readonly truncated?: unknown };
  return typeof truncated === 'number' ? truncated : null;
}

type Work<T> = (context: StageContext) => Promise<Result<T, StageFailure>>;

/**
 * Works on the device and here at the same time: they are two machines, and what is timed is there. Whichever fails first
 * ends the other and is the failure.
 */
export async function sideBySide<There, Here>(
  context: StageContext,
  there: Work<There>,
  here: Work<Here>,
): Promise<Result<{ readonly there: There; readonly here: Here }, StageFailure>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  let isFree = false;
  let first: StageFailure | undefined;
  const watched = async <T>(work: Promise<Result<T, StageFailure>>): Promise<Result<T, StageFailure>> => {
    const result = await work;
    if (!result.ok) {
      first ??= result.error;
      stop.abort();
    }
    return result;
  };
  const [device, host] = await Promise.all([
    watched(there({ ...context, signal })).finally(() => {
      isFree = true;
    }),
    // One line of progress shows one thing: the device's as long as it works.
    watched(
      here({
        ...context,
        signal,
        progress: (...told) => {
          if (isFree) context.progress(...told);
        },
      }),
    ),
  ]);
  if (device.ok && host.ok) return ok({ there: device.value, here: host.value });
  return err(first ?? { code: 'aborted', message: 'the measurement was stopped' });
}
