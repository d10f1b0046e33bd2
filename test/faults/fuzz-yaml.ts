import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALLATION } from '../rig/pipeline-rig.js';
import { mutate, type Random, randomFrom } from './mutate-yaml.js';

export interface FuzzOptions {
  /** Files to damage and load. */
  readonly count: number;
  readonly seed: number;
  /** A file that takes more processor time is a hang. */
  readonly seconds?: number;
}

export interface FuzzFinding {
  /** Which of the files: with the same seed it is the same again. */
  readonly index: number;
  readonly problem: string;
  readonly text: string;
  readonly sets: readonly string[];
}

export interface FuzzCounts {
  readonly files: number;
  readonly diagnosed: number;
  readonly loaded: number;
  /** What the loader threw, a process that ended, and diagnostics that cannot be shown. */
  readonly crashes: readonly FuzzFinding[];
  readonly hangs: readonly FuzzFinding[];
}

interface Damaged {
  readonly text: string;
  readonly profiles: readonly string[];
  readonly sets: readonly string[];
}

type Answer =
  | { readonly kind: 'loaded' | 'diagnosed' | 'hang' }
  | { readonly kind: 'crash'; readonly problem: string };

/** Loads damaged pipeline.yaml files with the built loader (`npm run build`) and the real stages. */
export async function fuzzYaml({ count, seed, seconds = 2 }: FuzzOptions): Promise<FuzzCounts> {
  const originals = readOriginals();
  const crashes: FuzzFinding[] = [];
  const hangs: FuzzFinding[] = [];
  let diagnosed = 0;
  let loaded = 0;
  const loader = new Loader(seconds);
  try {
    for (let index = 0; index < count; index += 1) {
      const damaged = damage(originals, randomFrom(seed * 1_000_003 + index));
      const answer = await loader.load(damaged);
      const { text, sets } = damaged;
      if (answer.kind === 'crash') crashes.push({ index, problem: answer.problem, text, sets });
      else if (answer.kind === 'hang') hangs.push({ index, problem: `over ${seconds} s`, text, sets });
      else if (answer.kind === 'diagnosed') diagnosed += 1;
      else loaded += 1;
    }
  } finally {
    loader.end();
  }
  return { files: count, diagnosed, loaded, crashes, hangs };
}

/** The study, again for each other file: it is the longest, and has something of everything. */
function readOriginals(): readonly string[] {
  const cases = join(INSTALLATION, 'test/fixtures/config');
  const names = readdirSync(cases, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const study = readFileSync(join(INSTALLATION, 'pipeline.yaml'), 'utf8');
  return names.flatMap(({ name }) => [study, readFileSync(join(cases, name, 'pipeline.yaml'), 'utf8')]);
}

const SETS = [
  'stages.fine-tune.with.learning_rate=0.1',
  'axes.seed=[1, 2]',
  'devices.pi={ host: pi@pi, threads: 2 }',
  'stages.clean.retries={ count: 1, on: [timed-out] }',
  'executors.desk={ kind: ssh, host: me@desk }',
];

function damage(originals: readonly string[], random: Random): Damaged {
  const text = mutate(originals[random(originals.length)] ?? '', random);
  const profile = ['replab', 'study', 'quickstart'][random(8)];
  const set = SETS[random(SETS.length * 3)];
  return {
    text,
    profiles: profile === undefined ? [] : [random(6) === 0 ? mutate(profile, random) : profile],
    sets: set === undefined ? [] : [random(2) === 0 ? mutate(set, random) : set],
  };
}

/** Processor time of a process, from Linux; elsewhere the time of day. */
function processorSeconds(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const TICKS_PER_SECOND = 100;
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return performance.now() / 1000;
  }
}

/** Asks one process after the other; one that hangs or ends is replaced. */
class Loader {
  readonly #seconds: number;
  #child: ChildProcess | undefined;
  #errors = '';

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  async load(damaged: Damaged): Promise<Answer> {
    const child = this.#child ?? (await this.#start());
    return new Promise((done) => {
      const settle = (answer: Answer): void => {
        clearInterval(limit);
        child.removeAllListeners('message').removeAllListeners('exit');
        done(answer);
      };
      // On a busy machine time passes while nothing runs, so it is the time of the process that counts.
      const before = processorSeconds(child);
      const limit = setInterval(() => {
        if (processorSeconds(child) - before < this.#seconds) return;
        this.end();
        settle({ kind: 'hang' });
      }, this.#seconds * 250);
      child.once('message', (answer) => settle(answer as Answer));
      child.once('exit', (code, signal) => {
        this.#child = undefined;
        settle({ kind: 'crash', problem: `the process ended (${code ?? signal})\n${this.#errors}` });
      });
      child.send(damaged);
    });
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  /** The time of the first file is not that of the start. */
  async #start(): Promise<ChildProcess> {
    const child = fork(join(import.meta.dirname, 'fuzz-load.mjs'), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = `${this.#errors}${text}`.slice(-4000);
    });
    await new Promise<void>((started, failed) => {
      child.once('message', () => started());
      child.once('exit', () =>
        failed(new Error(`The loader does not start; was it built?\n${this.#errors}`)),
      );
      child.send({ text: '', profiles: [], sets: [] });
    });
    child.removeAllListeners('exit');
    return child;
  }
}
