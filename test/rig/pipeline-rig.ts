import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFailed } from 'vitest';
import type { Event } from '../../pipeline/contract/event.js';
import { Screen } from './terminal.js';

/** The checkout that is tested. */
export const INSTALLATION = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** Data that cannot be part of the repository; tests that need it are skipped where it is absent. */
export const SHARED = resolve(INSTALLATION, '../shared');

export interface RigOptions {
  /** Made in a `beforeAll` for several tests: they call {@link PipelineRig.tell} themselves. */
  readonly shared?: boolean;
  /** Text of pipeline.yaml; without it the folder has none. */
  readonly pipeline?: string;
  /** Further files: path relative to the project to content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Folders or files to copy in: path relative to the project to an absolute source. */
  readonly copies?: Readonly<Record<string, string>>;
  /** Runs a copy of the checkout, whose stages the test may edit. */
  readonly ownInstallation?: boolean;
}

export interface RunOptions {
  /** Added to the environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Relative to the project. */
  readonly cwd?: string;
  readonly timeoutSeconds?: number;
  /** Written to its standard input, which is empty without it; in a terminal it is typed ahead. */
  readonly stdin?: string;
  /** Runs in a pseudo-terminal of that size (needs python3); `stdout` then holds escape sequences. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

export interface RunResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** The one JSON document on stdout. */
  json(): unknown;
  /** The events of `run --json`, one a line. */
  events(): Event[];
  /** What a person sees at the end; only with `terminal`. */
  screen(): Screen;
}

/** A run that goes on while the test looks at it. */
export interface RunningPipeline {
  readonly pid: number;
  /** Resolves when stdout matches; rejects when the run ends without. */
  seen(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly result: Promise<RunResult>;
}

/**
 * A project in a temporary folder, run by the real command-line program in a process of its own:
 * `await using rig = await PipelineRig.create({ pipeline })`. What it ran is printed when the test fails.
 */
export class PipelineRig implements AsyncDisposable {
  /** Absolute path of the project. */
  readonly root: string;
  /** Absolute path of the checkout that is run. */
  readonly installation: string;
  readonly #running = new Set<ChildProcess>();
  readonly #told: string[] = [];

  private constructor(root: string, installation: string) {
    this.root = root;
    this.installation = installation;
  }

  static async create(options: RigOptions = {}): Promise<PipelineRig> {
    const root = mkdtempSync(join(tmpdir(), 'edgeline-'));
    const rig = new PipelineRig(
      root,
      options.ownInstallation === true ? copyInstallation(`${root}-installation`) : INSTALLATION,
    );
    if (options.pipeline !== undefined) rig.write('pipeline.yaml', options.pipeline);
    for (const [path, text] of Object.entries(options.files ?? {})) rig.write(path, text);
    for (const [path, source] of Object.entries(options.copies ?? {})) {
      cpSync(source, rig.path(path), { recursive: true });
    }
    if (options.shared !== true) onTestFailed(() => rig.tell());
    return rig;
  }

  /** Prints what was run so far, for a test that failed. */
  tell(): void {
    console.error(this.#told.join('\n'));
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** All files below a folder, relative to the project, sorted. */
  files(folder = '.'): string[] {
    return readdirSync(this.path(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.root, join(entry.parentPath, entry.name)))
      .sort();
  }

  /** Runs the program to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.start(args, options).result;
  }

  /** Starts the program, in a process group of its own as a shell does. */
  start(args: readonly string[], options: RunOptions = {}): RunningPipeline {
    const command = [process.execPath, join(this.installation, 'bin/pipeline.cjs'), ...args];
    const { columns, rows } = options.terminal ?? {};
    const [file = '', ...rest] =
      columns === undefined
        ? command
        : [
            'python3',
            join(INSTALLATION, 'test/rig/pseudo_terminal.py'),
            String(columns),
            String(rows),
            ...command,
          ];
    const started = performance.now();
    const child = spawn(file, rest, {
      cwd: this.path(options.cwd ?? '.'),
      // What works on this machine as a device in one test is nothing to another.
      env: { EDGELINE_LEASES: `${this.root}-leases`, ...environment(options) },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    // A program that ends without reading it is no mistake of ours.
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    this.#running.add(child);
    const output = new Output();
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.add('stdout', text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => output.add('stderr', text));
    const limit = setTimeout(() => killGroup(child, 'SIGKILL'), (options.timeoutSeconds ?? 120) * 1000);
    const result = new Promise<RunResult>((done, failed) => {
      child.on('error', failed);
      child.on('close', (exitCode, signal) => {
        clearTimeout(limit);
        this.#running.delete(child);
        output.end();
        const seconds = (performance.now() - started) / 1000;
        this.#told.push(
          `$ pipeline ${args.join(' ')}  (exit ${exitCode ?? signal}, ${seconds.toFixed(1)} s)`,
          output.stdout.slice(-8000),
          output.stderr.slice(-8000),
        );
        done(
          makeResult({ exitCode, signal, seconds, stdout: output.stdout, stderr: output.stderr }, options),
        );
      });
    });
    return {
      pid: child.pid ?? 0,
      seen: (pattern) => output.seen(pattern),
      kill: (signal) => child.kill(signal),
      result,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) killGroup(child, 'SIGKILL');
    for (const folder of [this.root, `${this.root}-leases`])
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    if (this.installation !== INSTALLATION) rmSync(this.installation, { recursive: true, force: true });
  }
}

function copyInstallation(to: string): string {
  for (const part of ['bin', 'dist', 'stages', 'datasets', 'package.json']) {
    cpSync(join(INSTALLATION, part), join(to, part), { recursive: true });
  }
  symlinkSync(join(INSTALLATION, 'node_modules'), join(to, 'node_modules'));
  return to;
}

class Output {
  stdout = '';
  stderr = '';
  #ended = false;
  #waiting: { pattern: RegExp; done: () => void; failed: (error: Error) => void }[] = [];

  add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.#waiting = this.#waiting.filter(({ pattern, done }) => {
      if (!pattern.test(this.stdout)) return true;
      done();
      return false;
    });
  }

  end(): void {
    this.#ended = true;
    for (const { pattern, failed } of this.#waiting) failed(this.#never(pattern));
  }

  seen(pattern: RegExp): Promise<void> {
    if (pattern.test(this.stdout)) return Promise.resolve();
    if (this.#ended) return Promise.reject(this.#never(pattern));
    return new Promise((done, failed) => this.#waiting.push({ pattern, done, failed }));
  }

  #never(pattern: RegExp): Error {
    return new Error(
      `The run ended and never wrote ${pattern}; stdout:\n${this.stdout}\nstderr:\n${this.stderr}`,
    );
  }
}

function makeResult(
  facts: Pick<RunResult, 'exitCode' | 'signal' | 'seconds' | 'stdout' | 'stderr'>,
  { terminal }: RunOptions,
): RunResult {
  return {
    ...facts,
    json: () => JSON.parse(facts.stdout),
    events: () =>
      facts.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Event),
    screen: () => {
      const screen = new Screen(terminal?.columns, terminal?.rows);
      screen.write(facts.stdout);
      return screen;
    },
  };
}

/** What a person's shell would give: nothing of the test runner's, which sets colours and test modes of its own. */
function environment({ env = {}, terminal }: RunOptions): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|FORCE_COLOR|NO_COLOR|CI$|NODE_ENV|NODE_OPTIONS|TEST$|DEV$|PROD$|MODE$)/.test(name),
  );
  const merged = new Map<string, string | undefined>([
    ...inherited,
    ['TERM', terminal === undefined ? 'dumb' : 'xterm-256color'],
    ...Object.entries(env),
  ]);
  return Object.fromEntries([...merged].filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended since.
  }
}
