import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Json } from '../../../pipeline/base/canonical.js';
import { err } from '../../../pipeline/base/result.js';
import type { StageDefinition } from '../../../pipeline/contract/stage.js';
import type { JobDocument, StageContext } from '../../../pipeline/contract/worker.js';

export interface TestStage {
  readonly context: StageContext;
  /** Absolute paths of the outputs by name. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly warnings: string[];
  readonly infos: string[];
  readonly progress: { readonly done: number; readonly total: number | undefined; readonly unit: string }[];
}

/** Where the job's inputs, externals and options come from; everything else is filled in. */
export interface TestJob {
  readonly options?: Readonly<Record<string, Json>>;
  readonly external?: Readonly<Record<string, string>>;
  /** Input name to path. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of the test file's own below the system's temporary folder, gone after its last test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'edgeline-test-'));
  folders.push(folder);
  return folder;
}

/** A job and a context for a TypeScript worker, with outputs in a fresh folder, as the engine would make them. */
export function stageContext(definition: StageDefinition, given: TestJob = {}): TestStage {
  const out = temporaryFolder();
  const scratch = join(out, '.scratch');
  const cache = join(out, '.cache');
  for (const folder of [scratch, cache]) mkdirSync(folder);
  const outputs = Object.fromEntries(definition.outputs.map(({ name, path }) => [name, join(out, path)]));
  const inputs = Object.entries(given.inputs ?? {}).map(([name, path]) => {
    const artifact = definition.inputs.find((input) => input.name === name)?.artifact ?? name;
    const input = {
      path,
      artifact,
      output: name,
      digest: 'sha256:0',
      instance: 'test',
      stage: 'test',
      coordinates: {},
      key: 'test',
    };
    return [name, [input]] as const;
  });
  const job: JobDocument = {
    schema: 1,
    instance: definition.id,
    stage: definition.id,
    uses: definition.id,
    key: 'test',
    study: 'test',
    profile: [],
    coordinates: {},
    options: given.options ?? {},
    inputs: Object.fromEntries(inputs) as JobDocument['inputs'],
    external: given.external ?? {},
    outputs,
    out_dir: out,
    scratch_dir: scratch,
    cache_dir: cache,
    threads: 1,
    python: 'python3',
  };
  const warnings: string[] = [];
  const infos: string[] = [];
  const progress: { done: number; total: number | undefined; unit: string }[] = [];
  const context: StageContext = {
    job,
    signal: given.signal ?? new AbortController().signal,
    progress: (done, total, unit) => progress.push({ done, total, unit }),
    metric: () => undefined,
    log: (level, message) => (level === 'warning' ? warnings : infos).push(message),
    connect: async () => err({ reason: 'unreachable', device: 'none', message: 'a test has no device' }),
  };
  return { context, outputs, warnings, infos, progress };
}
