import { z } from 'zod';
import { suggestion } from '../base/suggest.js';
import type { Failure } from '../contract/failure.js';
import { durationSchema, sizeSchema } from './quantities.js';

const text = z.string().min(1);

/** Failures that another attempt may mend. The others say what a person must change first. */
const RETRYABLE = [
  'timed-out',
  'device-lost',
  'executor-error',
  'no-heartbeat',
  'signal',
  'exit-nonzero',
] as const satisfies readonly Failure['reason'][];
/** Those that are never the work's own fault. */
const TRANSIENT = ['device-lost', 'executor-error', 'no-heartbeat', 'signal'] as const;
const REASON = new RegExp(
  `^(?:${RETRYABLE.join('|')}|exit-nonzero:(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])|stage-error:[a-z][a-z0-9]*(?:-[a-z0-9]+)*)$`,
);

function reasonHint(written: string): string {
  const [reason, detail] = written.split(':');
  if (reason === 'stage-error') return 'name the code of the failure, for example `stage-error:too-slow`';
  if (reason === 'exit-nonzero' && detail !== undefined)
    return 'name one exit code from 1 to 255, for example `exit-nonzero:75`';
  return suggestion(
    written,
    [...RETRYABLE, 'exit-nonzero:75', 'stage-error:CODE'],
    'what can be tried again',
  );
}

/** A bare number stands for its `count`. */
const retryMapSchema = z.strictObject({
  count: z.int().min(0).max(20).default(2).describe('Further attempts after the first.'),
  backoff: durationSchema('zero')
    .default(10)
    .describe('Wait before the first further attempt, seconds or `10s`; doubled for each one after it.'),
  on: z
    .array(z.string().regex(REASON, { error: (issue) => reasonHint(String(issue.input)) }))
    .min(1)
    .default([...TRANSIENT])
    .describe('Failures that are tried again: a reason, `exit-nonzero:CODE` or `stage-error:CODE`.'),
});

export const retriesSchema = z
  .union([z.int().min(0).max(20), retryMapSchema])
  .describe(
    'Further attempts when a machine or a connection failed; a number, or which failures and how soon.',
  );

export const needsSchema = z
  .strictObject({
    cpu: z
      .union([z.literal('all'), z.int().min(1).max(4096)])
      .optional()
      .describe('Processors; `all` keeps everything else off this machine meanwhile.'),
    gpu: z.int().min(0).max(64).optional().describe('Graphics processors.'),
    memory: sizeSchema.optional().describe('Main memory with its unit, for example 4GiB.'),
    mutex: z
      .union([text, z.array(text).min(1)])
      .optional()
      .describe('Names of which only one holder runs at a time.'),
  })
  .describe('What one instance holds while it runs, in place of what this kind of stage says.');

export const timeoutSchema = durationSchema('more-than-zero').describe(
  'Limit of one attempt: seconds, or for example 90s, 15m or 2h.',
);

const TIME_LIMIT = /^(?:\d+-)?\d+(?::\d{1,2}){0,2}$/;

export const executorSchema = z
  .strictObject({
    kind: z
      .enum(['local', 'ssh', 'slurm'])
      .describe('This machine, a workstation that is reached by ssh, or a Slurm cluster.'),
    host: z
      .string()
      .regex(/^[^\s-]\S*$/, { error: 'a host is `user@host`, `host` or an alias of your ssh configuration' })
      .optional()
      .describe('ssh: user@host, host or an alias.'),
    port: z.int().min(1).max(65_535).optional().describe('ssh: port of its server.'),
    identity_file: text.optional().describe('ssh: private key; without it, the keys of the agent are used.'),
    known_hosts_file: text.optional().describe('ssh: known host keys; without it, those of the user.'),
    root: text.optional().describe('ssh: folder there that Edgeline owns.'),
    python: text
      .optional()
      .describe('ssh: a Python there with the locked packages; made from the lock when absent.'),
    partition: text.optional().describe('slurm: partition of the cluster.'),
    account: text.optional().describe('slurm: account that is charged.'),
    time: z
      .string()
      .regex(TIME_LIMIT, {
        error: 'as `sbatch --time` takes it: `30` (minutes), `2:00:00` or `1-12:00:00` (days-hours)',
      })
      .optional()
      .describe('slurm: limit of a job, in quotes as `sbatch --time` takes it; the timeout of a stage wins.'),
    arguments: z.array(text).optional().describe('slurm: further arguments of sbatch.'),
    max_jobs: z.int().min(1).max(100_000).optional().describe('slurm: most jobs in the queue at a time.'),
  })
  .describe('Where stages run. A stage chooses one by `executor: NAME`.');

/** What each kind of executor can have, beside `kind`. */
export const EXECUTOR_KEYS: Readonly<Record<'local' | 'ssh' | 'slurm', readonly string[]>> = {
  local: [],
  ssh: ['host', 'port', 'identity_file', 'known_hosts_file', 'root', 'python'],
  slurm: ['partition', 'account', 'time', 'arguments', 'max_jobs'],
};
