import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '../base/atomic-write.js';
import { isInside } from '../base/paths.js';
import { err, ok, type Result } from '../base/result.js';
import type { Executor, Work, WorkMessageHandler, WorkResult } from '../contract/executor.js';
import type { Failure } from '../contract/failure.js';
import { Conversation } from './conversation.js';
import {
  concludeDetached,
  type DetachedAttempt,
  type DetachedExit,
  detachedAttempt,
  detachedJob,
  endedWell,
  localDeviceRefusal,
  STOPPED,
} from './detached-attempt.js';
import { FileTail } from './follow-files.js';
import { pathMap } from './path-map.js';
import { pythonFile } from './python-files.js';
import { contentsDigest, inputsChanged, type ReadFile, readFiles } from './read-files.js';
import { openResumeFolder } from './resume-folder.js';
import {
  cancel,
  endOfJob,
  type JobId,
  resourceArguments,
  type SlurmExecutorConfig,
} from './slurm-commands.js';
import { findJob, SlurmQueue } from './slurm-queue.js';

/** `submitted.json`: which job does it; written before it is submitted, without its number. */
interface Submitted {
  readonly name: string;
  /** Index in a job array. */
  readonly element: number | null;
  readonly id?: JobId;
}

const SHORTEST_POLL_MILLISECONDS = 20;
const LONGEST_POLL_MILLISECONDS = 500;
/** What a node wrote may be seen here only some seconds after the job is gone. */
const SETTLE_MILLISECONDS = 15_000;
/** The supervisor ends the worker's tree by then. */
const STOP_MILLISECONDS = 20_000;

/**
 * A cluster under Slurm that shares our file system. An attempt is a job with a folder of its own, named by the key of
 * its work, which outlives the engine: the next one finds job and folder by the key and goes on with them.
 *
 * @param folder absolute; attempts are kept in it.
 */
export function slurmExecutor(config: SlurmExecutorConfig, folder: string): Pick<Executor, 'run' | 'close'> {
  const queue = new SlurmQueue();
  return {
    run: (work, onMessage, signal) => new SlurmAttempt(config, queue, folder, work, onMessage, signal).run(),
    close: async () => undefined,
  };
}

class SlurmAttempt {
  readonly #config: SlurmExecutorConfig;
  readonly #queue: SlurmQueue;
  readonly #work: Work;
  readonly #onMessage: WorkMessageHandler;
  readonly #signal: AbortSignal;
  readonly #key: string;
  readonly #folder: string;

  constructor(
    config: SlurmExecutorConfig,
    queue: SlurmQueue,
    folder: string,
    work: Work,
    onMessage: WorkMessageHandler,
    signal: AbortSignal,
  ) {
    this.#config = config;
    this.#queue = queue;
    this.#work = work;
    this.#onMessage = onMessage;
    this.#signal = signal;
    this.#key = work.job.key.replace(/^.*:/, '');
    this.#folder = join(folder, this.#key);
  }

  async run(): Promise<Result<WorkResult, Failure>> {
    const refusal = localDeviceRefusal(this.#config.name, this.#work.job);
    if (refusal !== null) return err(refusal);
    const files = await readFiles(this.#work.reads);
    if (!files.ok) return files;
    if (this.#signal.aborted) return err({ reason: 'aborted' });
    const found = await this.#underWay(files.value);
    if (!found.ok) return found;
    const id = found.value === null ? await this.#submit(files.value) : ok(found.value);
    if (!id.ok) return id;
    return await this.#attend(id.value, files.value);
  }

  /** The job of an earlier engine, if it is worth going on with; what is not is ended and removed. */
  async #underWay(files: readonly ReadFile[]): Promise<Result<JobId | null, Failure>> {
    const submitted = readJson<Submitted>(join(this.#folder, 'submitted.json'));
    const attempt = readJson<DetachedAttempt>(join(this.#folder, 'attempt.json'));
    if (submitted !== null) {
      const jobs = await this.#queue.jobs(true);
      if (!jobs.ok) return err(this.#error(jobs.error));
      const job = findJob(jobs.value, submitted.name, submitted.element);
      const exit = this.#exit();
      const good = exit === null ? job !== undefined : endedWell(exit);
      if (good && attempt?.contents === contentsDigest(files)) {
        const id = job?.id ?? submitted.id ?? submitted.name;
        this.#onMessage({ type: 'log', level: 'info', message: `going on with Slurm job ${id}` });
        return ok(id);
      }
      if (job !== undefined) await this.#stop(job.id);
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return ok(null);
  }

  async #submit(files: readonly ReadFile[]): Promise<Result<JobId, Failure>> {
    const work = this.#work;
    // What lies beside the attempt's own folder is the run's, and goes with it; the job may outlive the run.
    const passing = work.reads.filter((path) => isInside(dirname(work.folder), path));
    const tree = join(this.#folder, 'tree');
    const map = pathMap([[work.folder, this.#folder]], passing, tree);
    for (const name of ['out', 'tmp']) mkdirSync(join(this.#folder, name), { recursive: true });
    openResumeFolder(work, this.#onMessage);
    for (const path of passing) cpSync(path, `${tree}${path}`, { recursive: true, dereference: true });
    writeFileSync(join(this.#folder, 'attempt_supervisor.py'), pythonFile('attempt_supervisor.py'));
    writeFileSync(join(this.#folder, 'job.json'), JSON.stringify(detachedJob(work.job, map)));
    const attempt = detachedAttempt(work, map, {
      own_variables: [],
      python: work.job.python,
      contents: contentsDigest(files),
      keeps: () => true,
    });
    writeFileAtomically(join(this.#folder, 'attempt.json'), JSON.stringify(attempt));
    const marker = join(this.#folder, 'submitted.json');
    let submitted: Submitted = { name: '', element: null };
    const id = await this.#queue.submit({
      key: this.#key,
      folder: this.#folder,
      resources: resourceArguments(this.#config, work.needs, work.timeoutSeconds),
      onName: (name, element) => {
        submitted = { name, element };
        writeFileAtomically(marker, JSON.stringify(submitted));
      },
    });
    if (!id.ok) {
      rmSync(this.#folder, { recursive: true, force: true });
      return err(
        this.#error(`the job was not taken: ${id.error}`, 'see `sinfo` and the settings of this executor'),
      );
    }
    writeFileAtomically(marker, JSON.stringify({ ...submitted, id: id.value }));
    this.#onMessage({ type: 'log', level: 'info', message: `Slurm job ${id.value}` });
    return id;
  }

  async #attend(id: JobId, files: readonly ReadFile[]): Promise<Result<WorkResult, Failure>> {
    const work = this.#work;
    const violated = new AbortController();
    const conversation = new Conversation(work.kind, this.#onMessage, () => violated.abort());
    const signal = AbortSignal.any([this.#signal, violated.signal]);
    const last = await this.#follow(id, conversation, signal);
    if (signal.aborted) {
      if (this.#signal.aborted) conversation.fail({ reason: 'aborted' });
      await this.#stop(id);
      rmSync(this.#folder, { recursive: true, force: true });
      return concludeDetached(this.#config.name, work, STOPPED, conversation);
    }
    if (!last.ok) return last;
    if ('ended_by' in last.value && last.value.ended_by === 'machine') {
      const failure = await this.#endedBySlurm(id);
      rmSync(this.#folder, { recursive: true, force: true });
      return err(failure);
    }
    const result = concludeDetached(this.#config.name, work, last.value, conversation);
    if (result.ok) {
      const changed = await inputsChanged(work.reads, files);
      if (changed === null) move(join(this.#folder, 'out'), work.job.out_dir);
      rmSync(this.#folder, { recursive: true, force: true });
      return changed === null ? result : err(changed);
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return result;
  }

  /** Hands on what the worker writes until the exit document is there. */
  async #follow(
    id: JobId,
    conversation: Conversation,
    signal: AbortSignal,
  ): Promise<Result<DetachedExit, Failure>> {
    const decoder = new StringDecoder('utf8');
    const tails = [
      new FileTail(join(this.#folder, 'log'), (bytes) => appendFileSync(this.#work.logFile, bytes)),
      new FileTail(join(this.#folder, 'protocol'), (bytes) => conversation.write(decoder.write(bytes))),
    ];
    let goneSince: number | null = null;
    let told = '';
    for (
      let poll = SHORTEST_POLL_MILLISECONDS;
      !signal.aborted;
      poll = Math.min(1.5 * poll, LONGEST_POLL_MILLISECONDS)
    ) {
      // Looked for first: what was written before it is read after it.
      const exit = this.#exit();
      for (const tail of tails) tail.read();
      if (exit !== null) return ok(exit);
      const jobs = await this.#queue.jobs();
      // A controller that does not answer says nothing of the job.
      if (jobs.ok) {
        const job = jobs.value.find((candidate) => candidate.id === id);
        if (job?.state === 'PENDING' && job.reason !== 'None' && job.reason !== told) {
          told = job.reason;
          this.#onMessage({ type: 'log', level: 'info', message: `Slurm job ${id} waits: ${job.reason}` });
        }
        if (job !== undefined) goneSince = null;
        else goneSince ??= performance.now();
        if (goneSince !== null && performance.now() - goneSince > SETTLE_MILLISECONDS)
          return await this.#goneWithoutWord(id);
      }
      await sleep(poll, undefined, { signal }).catch(() => undefined);
    }
    return err({ reason: 'aborted' });
  }

  async #goneWithoutWord(id: JobId): Promise<Result<DetachedExit, Failure>> {
    const state = await endOfJob(id);
    rmSync(this.#folder, { recursive: true, force: true });
    return err(
      this.#ending(id, state) ??
        this.#error(
          `Slurm job ${id} is gone without a word (${state})`,
          `is the project on a file system that the nodes share, and is there a python3 on them? It was looked for in ${dirname(this.#folder)}`,
        ),
    );
  }

  /** Why Slurm ended the work; known when the job is out of the queue. */
  async #endedBySlurm(id: JobId): Promise<Failure> {
    const started = performance.now();
    let state = await endOfJob(id);
    while (/^(RUNNING|COMPLETING)/.test(state) && performance.now() - started < SETTLE_MILLISECONDS) {
      await sleep(LONGEST_POLL_MILLISECONDS);
      state = await endOfJob(id);
    }
    return this.#ending(id, state) ?? this.#error(`Slurm ended job ${id} (${state})`);
  }

  #ending(id: JobId, state: string): Failure | null {
    if (state.startsWith('TIMEOUT'))
      return this.#error(
        `Slurm ended job ${id} at its limit of time`,
        'raise `time` of the executor, or the `timeout` of the stage',
      );
    if (state.startsWith('OUT_OF_MEMORY'))
      return this.#error(
        `Slurm ended job ${id}: out of memory`,
        'raise `needs: { memory: ... }` of the stage',
      );
    if (/^(CANCELLED|PREEMPTED|NODE_FAIL)/.test(state))
      return this.#error(
        `Slurm ended job ${id} (${state.split(' ')[0]})`,
        'run the same command again, or give the stage `retries: 2`',
      );
    return null;
  }

  /** Ends the job: gently by way of its supervisor when it runs, and for good. */
  async #stop(id: JobId): Promise<void> {
    const find = async () => {
      const jobs = await this.#queue.jobs(true);
      return jobs.ok ? jobs.value.find((job) => job.id === id) : undefined;
    };
    const job = await find();
    if (job === undefined) return;
    if (job.state !== 'PENDING') {
      writeFileSync(join(this.#folder, 'stop'), '');
      const started = performance.now();
      while (this.#exit() === null && performance.now() - started < STOP_MILLISECONDS) await sleep(100);
    }
    await cancel(id);
    for (let look = 0; look < 50 && (await find()) !== undefined; look += 1) await sleep(200);
  }

  #exit(): DetachedExit | null {
    return readJson<DetachedExit>(join(this.#folder, 'exit.json'));
  }

  #error(message: string, hint?: string): Failure {
    const { name: executor } = this.#config;
    return { reason: 'executor-error', executor, message, ...(hint === undefined ? {} : { hint }) };
  }
}

function readJson<T>(path: string): T | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return null;
  }
}

function move(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}
