import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Json } from '../base/canonical.js';
import { err, type Result } from '../base/result.js';
import type { Executor, Work, WorkMessageHandler, WorkResult } from '../contract/executor.js';
import type { Failure } from '../contract/failure.js';
import { Conversation } from './conversation.js';
import {
  concludeDetached,
  detachedAttempt,
  detachedJob,
  endedWell,
  localDeviceRefusal,
  STOPPED,
} from './detached-attempt.js';
import { pathMap } from './path-map.js';
import { REACH_VARIABLES } from './reach-variables.js';
import { contentsDigest, inputsChanged, type ReadFile, readFiles } from './read-files.js';
import { type SshExecutorConfig, SshShell } from './ssh-shell.js';
import { type AttemptState, Workstation } from './workstation.js';

export interface SshExecutorOptions {
  /** The hashed requirements of Edgeline's Python. */
  readonly lockFile: string;
  /** How long a lost connection is tried again, seconds. */
  readonly patienceSeconds?: number;
}

const PATIENCE_SECONDS = 600;

/** Of the other machine: who we are there, and how it reaches things. */
const OWN_VARIABLES = [
  ...[
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
  ],
  ...[
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'ALL_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'all_proxy',
  ],
];

/**
 * A workstation behind ssh. The attempt runs there detached, below a supervisor that writes how it ended; the connection
 * only looks on. It outlives the connection and the engine, and the next engine goes on with it by its key.
 */
export function sshExecutor(
  config: SshExecutorConfig,
  options: SshExecutorOptions,
): Pick<Executor, 'run' | 'forget' | 'close'> {
  const shell = new SshShell(config, options.patienceSeconds ?? PATIENCE_SECONDS);
  const station = new Workstation(config, shell, options.lockFile);
  return {
    run: (work, onMessage, signal) => new SshAttempt(station, config, work, onMessage, signal).run(),
    forget: async (key) => {
      const place = await station.place();
      if (place.ok)
        await station.ask('remove', { folder: resumeFolder(place.value.root, key) }, { once: true });
    },
    close: () => shell.close(),
  };
}

/** Stands in our folder for what there is to go on from in the one on the workstation. */
const MARKER = 'elsewhere.json';

/** One for each key, whatever project asked for it: there is never more than one attempt at a key there. */
function resumeFolder(root: string, key: string): string {
  return posix.join(root, 'resume', nameOf(key));
}

function nameOf(key: string): string {
  return key.replace(/^.*:/, '');
}

class SshAttempt {
  readonly #station: Workstation;
  readonly #config: SshExecutorConfig;
  readonly #work: Work;
  readonly #onMessage: WorkMessageHandler;
  readonly #signal: AbortSignal;

  constructor(
    station: Workstation,
    config: SshExecutorConfig,
    work: Work,
    onMessage: WorkMessageHandler,
    signal: AbortSignal,
  ) {
    this.#station = station;
    this.#config = config;
    this.#work = work;
    this.#onMessage = onMessage;
    this.#signal = signal;
  }

  async run(): Promise<Result<WorkResult, Failure>> {
    const refusal = localDeviceRefusal(this.#config.name, this.#work.job);
    if (refusal !== null) return err(refusal);
    const files = await readFiles(this.#work.reads);
    if (!files.ok) return files;
    const place = await this.#station.place();
    if (!place.ok) return place;
    const folder = posix.join(place.value.root, 'attempts', nameOf(this.#work.job.key));
    const under = await this.#underWay(folder, files.value);
    if (!under.ok) return under;
    if (!under.value) {
      const started = await this.#start(folder, files.value);
      if (!started.ok) {
        if (started.error.reason === 'aborted') await this.#discard(folder);
        return started;
      }
    }
    return await this.#attend(folder, files.value);
  }

  /** Whether an earlier engine left an attempt that is worth going on with; what is not is removed. */
  async #underWay(folder: string, files: readonly ReadFile[]): Promise<Result<boolean, Failure>> {
    const found = await this.#ask<AttemptState>('state', { folder });
    if (!found.ok) return found;
    const { value } = found;
    const good = value.state === 'running' || (value.state === 'ended' && endedWell(value.exit));
    if (good && value.contents === contentsDigest(files)) {
      this.#onMessage({
        type: 'log',
        level: 'info',
        message: `going on with what runs on ${this.#config.host}`,
      });
      return { ok: true, value: true };
    }
    if (value.state === 'absent') return { ok: true, value: false };
    if (value.state === 'running') await this.#ask('stop', { folder });
    const removed = await this.#ask('remove', { folder });
    return removed.ok ? { ok: true, value: false } : removed;
  }

  async #start(folder: string, files: readonly ReadFile[]): Promise<Result<null, Failure>> {
    const work = this.#work;
    const place = await this.#station.place();
    if (!place.ok) return place;
    const { root, node } = place.value;
    const python = await this.#station.python(work.environment, {
      ...this.#options(),
      onAnswer: (answer) => {
        const { progress } = answer as { progress?: string };
        if (progress !== undefined)
          this.#onMessage({
            type: 'progress',
            done: 0,
            unit: 'steps',
            phase: `${this.#config.host}: ${progress}`,
          });
      },
    });
    if (!python.ok) return python;
    const cache = posix.join(root, 'cache');
    const resumes = resumeFolder(root, work.job.key);
    const map = pathMap(
      [
        [work.folder, folder],
        [work.job.python, python.value],
        [process.execPath, node ?? 'node'],
        [work.job.cache_dir, cache],
        [work.job.resume_dir ?? '', resumes],
      ],
      work.reads,
      posix.join(folder, 'tree'),
    );
    const sent = await this.#station.send(files, folder, this.#options());
    if (!sent.ok) return sent;
    const changed = await inputsChanged(work.reads, files);
    if (changed !== null) {
      await this.#discard(folder);
      return err(changed);
    }
    const attempt = detachedAttempt(work, map, {
      own_variables: OWN_VARIABLES,
      python: python.value,
      contents: contentsDigest(files),
      keeps: (name) => !OWN_VARIABLES.includes(name) && !REACH_VARIABLES.test(name),
    });
    const job = detachedJob(work.job, map);
    const resume = work.job.resume_dir === undefined ? null : { folder: resumes, anew: work.anew === true };
    const request = { folder, cache, job, attempt: attempt as unknown as Json, resume };
    // Before it starts: if we die in this moment, the next run must know that there may be something.
    this.#mark(true);
    const started = await this.#ask<AttemptState & { readonly resumes: boolean }>('start', request);
    if (!started.ok) return started;
    if (started.value.resumes) this.#onMessage({ type: 'resuming' });
    if (started.value.state === 'running' || started.value.state === 'ended')
      return { ok: true, value: null };
    return err(this.#error('the work did not start there', `see supervisor.log in ${folder}`));
  }

  /** Looks on until the end and takes the results; ends it there when it must not go on. */
  async #attend(folder: string, files: readonly ReadFile[]): Promise<Result<WorkResult, Failure>> {
    const work = this.#work;
    const ended = new AbortController();
    const conversation = new Conversation(work.kind, this.#onMessage, () => ended.abort());
    const signal = AbortSignal.any([this.#signal, ended.signal]);
    const last = await this.#follow(folder, conversation, signal);
    if (signal.aborted) {
      if (this.#signal.aborted) conversation.fail({ reason: 'aborted' });
      await this.#discard(folder);
      return concludeDetached(this.#config.name, work, STOPPED, conversation);
    }
    if (!last.ok) return err(this.#stillThere(last.error));
    if (last.value.state !== 'ended') {
      await this.#discard(folder);
      return err(
        this.#error(
          'the work ended there without a word',
          'was the machine started anew? Run the same command again',
        ),
      );
    }
    const result = concludeDetached(this.#config.name, work, last.value.exit, conversation);
    if (result.ok) {
      const fetched = await this.#station.fetch(folder, work.job.out_dir, this.#options());
      if (!fetched.ok)
        return fetched.error.reason === 'aborted' ? fetched : err(this.#stillThere(fetched.error));
      const changed = await inputsChanged(work.reads, files);
      if (changed !== null) {
        await this.#remove(folder);
        return err(changed);
      }
    }
    await this.#remove(folder);
    return result;
  }

  async #follow(
    folder: string,
    conversation: Conversation,
    signal: AbortSignal,
  ): Promise<Result<AttemptState, Failure>> {
    const decoder = new StringDecoder('utf8');
    // Changed as pieces come, and sent again with each new connection: it goes on where the last one ended.
    const request = { folder, log: 0, protocol: 0 };
    return await this.#station.ask<AttemptState>('follow', request, {
      signal,
      onLost: this.#onLost,
      onAnswer: (answer) => {
        const { stream, data = '' } = answer as { stream?: string; data?: string };
        if (stream !== 'log' && stream !== 'protocol') return;
        const bytes = Buffer.from(data, 'base64');
        request[stream] += bytes.length;
        if (stream === 'log') appendFileSync(this.#work.logFile, bytes);
        else conversation.write(decoder.write(bytes));
      },
    });
  }

  /** Ends and removes it, also when we are being stopped ourselves; what cannot be reached is left for the next time. */
  async #discard(folder: string): Promise<void> {
    await this.#station.ask('stop', { folder }, { once: true });
    await this.#remove(folder);
  }

  async #remove(folder: string): Promise<void> {
    const place = await this.#station.place();
    const left = place.ok ? resumeFolder(place.value.root, this.#work.job.key) : null;
    const removed = await this.#station.ask<{ left: boolean }>('remove', { folder, left }, { once: true });
    if (removed.ok) this.#mark(removed.value.left);
  }

  #mark(left: boolean): void {
    const folder = this.#work.job.resume_dir;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    const path = join(folder, MARKER);
    if (left) writeFileSync(path, JSON.stringify({ schema: 1, host: this.#config.host }));
    else rmSync(path, { force: true });
  }

  #ask<T>(command: string, request: Json): Promise<Result<T, Failure>> {
    return this.#station.ask<T>(command, request, this.#options());
  }

  #options() {
    return { signal: this.#signal, onLost: this.#onLost };
  }

  readonly #onLost = (message: string): void => {
    const text = `${message}; the work goes on there, trying again`;
    this.#onMessage({ type: 'log', level: 'warning', message: text });
  };

  #error(message: string, hint: string): Failure {
    return { reason: 'executor-error', executor: this.#config.name, message, hint };
  }

  #stillThere(failure: Failure): Failure {
    if (failure.reason !== 'executor-error') return failure;
    const hint = `the work is still there: run the same command again and it is gone on with${failure.hint === undefined ? '' : `; ${failure.hint}`}`;
    return { ...failure, hint };
  }
}
