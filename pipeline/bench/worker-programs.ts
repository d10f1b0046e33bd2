import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/canonical.js';

export interface ProgramCommand {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Edgeline's own Python, and the environment that the engine gives a worker. */
export interface OwnPython {
  readonly python: string;
  readonly installation: string;
  environment(scratch: string): NodeJS.ProcessEnv;
}

/** Draws the random weights of a preset into `folder`, below `encoder`. */
export function drawEncoder(own: OwnPython, preset: string, folder: string): ProgramCommand {
  return workerCommand(own, 'encoder', folder, {
    options: { model: { preset, weights: 'random:1' } },
    inputs: {},
    outputs: { encoder: 'encoder' },
  });
}

/** What a worker is given: inputs and externals by name, and where outputs go, below its folder. */
export interface BenchJob {
  readonly options: Readonly<Record<string, Json>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly external?: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The stage's own worker, as the engine starts it; its outputs are below `folder`, by the names in `job`. */
export function workerCommand(
  { python, installation, environment }: OwnPython,
  stage: string,
  folder: string,
  job: BenchJob,
): ProgramCommand {
  const { file, scratch } = writeJob(stage, folder, job, python);
  return {
    argv: [python, join(installation, 'stages', stage, 'worker.py'), file],
    env: environment(scratch),
  };
}

/** The same for a worker in TypeScript. */
export function typescriptWorkerCommand(
  { installation, environment }: Pick<OwnPython, 'installation' | 'environment'>,
  stage: string,
  folder: string,
  job: BenchJob,
): ProgramCommand {
  const { file, scratch } = writeJob(stage, folder, job, '');
  const host = join(installation, 'dist', 'pipeline', 'cli', 'stage-host.js');
  return { argv: [process.execPath, host, file], env: environment(scratch) };
}

function writeJob(
  stage: string,
  folder: string,
  job: BenchJob,
  python: string,
): { readonly file: string; readonly scratch: string } {
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch, { recursive: true });
  const file = join(scratch, 'job.json');
  const key = `sha256:${'0'.repeat(64)}`;
  const names = { instance: stage, stage, uses: stage, key };
  const inputs = Object.entries(job.inputs).map(([artifact, path]) => [
    artifact,
    [{ path, artifact, digest: key, output: artifact, coordinates: {}, ...names }],
  ]);
  const outputs = Object.entries(job.outputs).map(([name, path]) => [name, join(folder, path)]);
  const document = {
    schema: 1,
    ...names,
    study: 'bench',
    profile: [],
    coordinates: {},
    options: job.options,
    inputs: Object.fromEntries(inputs),
    external: job.external ?? {},
    outputs: Object.fromEntries(outputs),
    out_dir: folder,
    scratch_dir: scratch,
    cache_dir: scratch,
    threads: typeof job.options.threads === 'number' ? job.options.threads : 1,
    python,
  };
  writeFileSync(file, JSON.stringify(document));
  return { file, scratch };
}
