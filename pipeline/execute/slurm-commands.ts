import { userInfo } from 'node:os';
import { execa } from 'execa';
import { err, ok, type Result } from '../base/result.js';
import { quoteForShell } from '../base/shell-quote.js';
import type { ExecutorConfig } from '../contract/config.js';
import type { StageNeeds } from '../contract/needs.js';

export type SlurmExecutorConfig = Extract<ExecutorConfig, { kind: 'slurm' }>;

/** A job or one element of a job array, as Slurm writes it: `12` or `12_3`. */
export type JobId = string;

export interface QueuedJob {
  readonly id: JobId;
  readonly name: string;
  /** `PENDING`, `RUNNING`... */
  readonly state: string;
  /** Why it waits. */
  readonly reason: string;
}

/** The supervisor ends what takes too long to the second; Slurm, which counts minutes, only if that fails. */
const MARGIN_SECONDS = 60;

/** What a job needs, as arguments of sbatch; work with equal ones can be one array. */
export function resourceArguments(
  config: SlurmExecutorConfig,
  needs: StageNeeds,
  timeoutSeconds: number | undefined,
): readonly string[] {
  const minutes = timeoutSeconds === undefined ? null : Math.ceil((timeoutSeconds + MARGIN_SECONDS) / 60);
  const time = minutes === null ? config.time : String(minutes);
  return [
    ...(needs.cpu === 'all' ? ['--exclusive'] : [`--cpus-per-task=${needs.cpu}`]),
    ...(needs.gpu === undefined || needs.gpu === 0 ? [] : [`--gres=gpu:${needs.gpu}`]),
    ...(needs.memory === undefined ? [] : [`--mem=${Math.ceil(needs.memory / 2 ** 20)}M`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(config.partition === undefined ? [] : [`--partition=${config.partition}`]),
    ...(config.account === undefined ? [] : [`--account=${config.account}`]),
    ...(config.arguments ?? []),
  ];
}

/** One job for one folder, one array for several: each element supervises the attempt in its folder. */
export function batchScript(folders: readonly string[]): string {
  const cases = folders.map((folder, index) => `${index}) folder=${quoteForShell(folder)} ;;`);
  return [
    '#!/bin/sh',
    `case \${SLURM_ARRAY_TASK_ID:-0} in`,
    ...cases,
    'esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    'exec >>"${folder}/supervisor.log" 2>&1',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    'exec python3 -B "${folder}/attempt_supervisor.py" "${folder}"',
    '',
  ].join('\n');
}

export async function submit(
  name: string,
  folders: readonly string[],
  resources: readonly string[],
): Promise<Result<JobId, string>> {
  const args = [
    '--parsable',
    `--job-name=${name}`,
    '--output=/dev/null',
    '--no-requeue',
    '--export=PATH,HOME',
  ];
  const array = folders.length === 1 ? [] : [`--array=0-${folders.length - 1}`];
  const answer = await slurm('sbatch', [...args, ...array, ...resources], batchScript(folders));
  // `id` or `id;cluster`
  return answer.ok ? ok(answer.value.trim().split(';')[0] ?? '') : answer;
}

/** All jobs of ours that wait or run, elements of arrays one by one. */
export async function queue(): Promise<Result<readonly QueuedJob[], string>> {
  const format = '%i|%T|%r|%j';
  const answer = await slurm('squeue', ['--noheader', '--array', '-u', userInfo().username, '-o', format]);
  return answer.ok ? ok(parseQueue(answer.value)) : answer;
}

export function parseQueue(text: string): readonly QueuedJob[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', state = '', reason = '', ...name] = line.trim().split('|');
    return id === '' ? [] : [{ id, state, reason, name: name.join('|') }];
  });
}

/** How a job ended, in Slurm's words: of the accounting where there is one, else of what the controller still knows. */
export async function endOfJob(id: JobId): Promise<string> {
  const accounted = await slurm('sacct', ['-n', '-P', '-X', '-j', id, '-o', 'State,ExitCode']);
  const state = accounted.ok ? accounted.value.split('\n')[0]?.split('|')[0] : undefined;
  if (state !== undefined && state !== '') return state;
  const known = await slurm('scontrol', ['--oneliner', 'show', 'job', id]);
  return (known.ok ? /JobState=(\S+)/.exec(known.value)?.[1] : undefined) ?? 'UNKNOWN';
}

export async function cancel(id: JobId): Promise<void> {
  await slurm('scancel', [id]);
}

async function slurm(
  program: string,
  args: readonly string[],
  input?: string,
): Promise<Result<string, string>> {
  const result = await execa(program, args, {
    reject: false,
    timeout: 60_000,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  if (result.exitCode === 0) return ok(result.stdout);
  if (result.code === 'ENOENT') return err(`this machine has no ${program}`);
  const lines = result.stderr.split('\n').filter((line) => line.trim() !== '');
  return err(lines.slice(-3).join('; ') || (result.shortMessage ?? `${program} failed`));
}
