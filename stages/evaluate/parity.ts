import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { DeviceClient } from '../../pipeline/contract/device.js';
import type { StageContext, StageFailure } from '../../pipeline/contract/worker.js';
import { agentFailure } from '../../pipeline/measure/agent-failure.js';
import { leaseArguments } from '../../pipeline/measure/board-lease.js';
import { deviceStageFailure } from '../../pipeline/measure/device-failure.js';
import { type AgentMessage, agentMessage, prediction } from '../../pipeline/measure/messages.js';
import { PARITY_TEXTS } from '../_shared/protocols.js';

/** What the board answers beside what this machine answers, with one and the same file. */
export interface Parity {
  readonly texts: number;
  readonly max_abs_logit_difference: number;
  /** Share of texts with the same class. */
  readonly argmax_agreement: number;
  /** Of the difference; null for int8, whose kernels round differently from one processor to the next. */
  readonly limit: number | null;
  readonly agreement_limit: number;
}

const LIMITS: Readonly<Record<string, number>> = { fp32: 1e-4, fp16: 1e-3 };
const AGREEMENT_LIMIT = 0.995;

interface Answer {
  readonly id: string;
  readonly predicted: number;
  readonly logits: readonly number[];
}

/**
 * Lets the device and this machine answer the first texts and compares. A device that answers otherwise is not worth
 * hours of measuring: the failure names the text that differs most.
 *
 * @param bundle the bundle here; `remote` is the same there, relative to the device's root
 * @param results a folder there for what is written, relative to the root
 */
export async function checkParity(
  { job, signal, progress }: StageContext,
  device: DeviceClient,
  { bundle, remote, results, limit }: { bundle: string; remote: string; results: string; limit?: number },
): Promise<Result<Parity, StageFailure>> {
  const texts = String(Math.min(PARITY_TEXTS, limit ?? PARITY_TEXTS));
  const rest = ['--threads', '1', '--warmup', '0', '--limit', texts];
  const here = join(job.scratch_dir, 'parity-here');
  await mkdir(here, { recursive: true });
  const script = join(bundle, 'agent', 'infer.py');
  const own = await execa(job.python, ['-B', script, '--bundle', bundle, '--out', here, ...rest], {
    cancelSignal: signal,
    reject: false,
  });
  if (signal.aborted)
    return err({ code: 'aborted', message: 'the comparison with this machine was stopped' });
  if (own.exitCode !== 0) return err(failureOf('this machine', own.stdout.split('\n'), own.stderr));

  const made = await device.exec(['mkdir', '-p', '--', results]);
  if (!made.ok) return err(deviceStageFailure(made.error));
  const lines: string[] = [];
  // Not beside somebody's measurement: what it takes of the processor would be in that.
  const lease = [device.python, '-B', `${remote}/agent/lease.py`, ...leaseArguments(), '--'];
  const infer = [device.python, '-B', `${remote}/agent/infer.py`, '--bundle', remote, '--out', results];
  const onLine = (line: string): void => {
    const message = messageOf(line);
    if (message?.type === 'progress')
      progress(
        message.done,
        message.total,
        message.unit,
        message.phase?.startsWith('waiting') === true ? message.phase : 'comparing with this machine',
      );
    else lines.push(line);
  };
  const ran = await device.stream([...lease, ...infer, ...rest], onLine, { signal });
  if (!ran.ok) return err(deviceStageFailure(ran.error));
  if (signal.aborted)
    return err({ code: 'aborted', message: 'the comparison with this machine was stopped' });
  if (ran.value.exitCode !== 0) return err(failureOf(device.name, lines, ran.value.stderr));
  const there = join(job.scratch_dir, 'parity-there');
  const pulled = await device.pull(results, there);
  if (!pulled.ok) return err(deviceStageFailure(pulled.error));
  await device.exec(['rm', '-rf', '--', results]);
  return compare(
    device.name,
    String(job.coordinates.precision ?? ''),
    await answersOf(here),
    await answersOf(there),
  );
}

/** Exported for its tests. */
export function compare(
  device: string,
  precision: string,
  here: readonly Answer[],
  there: readonly Answer[],
): Result<Parity, StageFailure> {
  let largest = 0;
  let worst = '';
  let same = 0;
  for (const [index, own] of here.entries()) {
    const other = there[index];
    if (other === undefined || other.id !== own.id || other.logits.length !== own.logits.length) {
      return err({
        code: 'parity',
        message: `${device} did not answer the tweet ${own.id} as it was asked to`,
      });
    }
    if (other.predicted === own.predicted) same += 1;
    for (const [item, logit] of own.logits.entries()) {
      const difference = Math.abs(logit - (other.logits[item] ?? Number.NaN));
      if (!Number.isNaN(largest) && !(difference <= largest)) [largest, worst] = [difference, own.id];
    }
  }
  const limit = LIMITS[precision] ?? null;
  const agreement = here.length === 0 ? Number.NaN : same / here.length;
  if ((limit === null || largest <= limit) && agreement >= AGREEMENT_LIMIT) {
    return ok({
      texts: here.length,
      max_abs_logit_difference: largest,
      argmax_agreement: agreement,
      limit,
      agreement_limit: AGREEMENT_LIMIT,
    });
  }
  const allowed = limit === null ? '' : ` (at most ${limit} is allowed)`;
  return err({
    code: 'parity',
    message: `${device} answers otherwise than this machine: ${here.length - same} of ${here.length} tweets get another class, and the logits differ by up to ${largest.toPrecision(3)}${allowed}, most for the tweet ${worst}`,
    hint: "Nothing was measured. Compare LiteRT's versions (`pipeline devices probe`), and the delegate: the same file must give the same answers.",
  });
}

async function answersOf(folder: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for await (const line of readJsonLines<unknown>(join(folder, 'predictions.jsonl')))
    answers.push(prediction.parse(line));
  return answers;
}

export function messageOf(line: string): AgentMessage | null {
  try {
    return agentMessage.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** What the process said of its own failure, or the end of what it wrote. */
export function failureOf(
  where: string,
  lines: readonly string[],
  stderr: string,
  otherwise = { code: 'parity', what: 'the comparison with this machine' },
): StageFailure {
  for (const line of lines) {
    const message = messageOf(line);
    if (message?.type === 'failure') {
      return agentFailure(where, message);
    }
  }
  const said = stderr.trim().split('\n').slice(-5).join('\n');
  return { code: otherwise.code, message: `${otherwise.what} failed on ${where}: ${said}` };
}
