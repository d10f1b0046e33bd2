import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { definitions } from '../../../stages/registry.js';
import type { Json } from '../../base/canonical.js';
import { err, ok, type Result } from '../../base/result.js';
import { benchData, DATA_CASES, type DataFolders, type DataStage } from '../../bench/data-bench.js';
import { printDiagnostic } from '../../config/print-diagnostic.js';
import type { BenchMeasure } from '../../contract/bench.js';
import type { DataConfig } from '../../contract/config.js';
import type { BenchRun } from '../bench-run.js';
import { installationRoot } from '../installation.js';
import { findProjectFile, openProject } from '../project.js';
import { workerEnvironment } from '../worker-environment.js';

/** Labelled lines of the package, training and test. */
const REPLAB_ROWS = 142_519;

/** What a study gives that is to take all rows; everything else is the default. */
const GIVEN: Readonly<Record<string, Readonly<Record<string, Json>>>> = { fetch: { source: 'replab2013' } };

export const dataCases = (): readonly string[] => DATA_CASES.map(({ name }) => name);

/** `pipeline bench data`: from the files of RepLab 2013, or generated ones of that size, to cleaned tweets and baselines. */
export async function benchDataArea(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>> {
  const found = dataOf(run.set);
  if (!found.ok) return found;
  const data = found.value;
  if (data === null) {
    run.tell('generated tweets: give your copies by --set data.package=FOLDER --set data.texts=FOLDER');
  }
  const installation = installationRoot();
  return await benchData({
    data,
    rows: REPLAB_ROWS,
    sample: join(installation, 'datasets', 'sample'),
    installation,
    cases: DATA_CASES.filter(({ name, onRequest }) =>
      run.only === undefined ? onRequest !== true : name === run.only,
    ),
    repeats: run.repeats,
    folder: run.folder,
    host: run.host,
    signal: run.signal,
    stage: resolveStage,
    environment: ({ worker }, scratch) => workerEnvironment(process.env, installation, scratch, worker),
    onProgress: run.tell,
    onMeasured: run.keep,
  });
}

/** As `data:` of the nearest pipeline.yaml, or of Edgeline's own, and `--set` have it; null where none is named. */
export function dataOf(set: readonly string[]): Result<DataFolders | null, string> {
  const file = findProjectFile(process.cwd()) ?? join(installationRoot(), 'pipeline.yaml');
  const opened = openProject({ file, set });
  if (!opened.ok) {
    return err(
      opened.error.kind === 'no-file'
        ? opened.error.message
        : opened.error.diagnostics.map((one) => printDiagnostic(one, { color: false })).join('\n'),
    );
  }
  const { root, data } = opened.value.config;
  const { package: folder, texts } = data;
  if (folder === null && texts.length === 0) return ok(null);
  if (folder === null)
    return err('data.texts is given without data.package: give both, or neither for generated tweets');
  if (texts.length === 0)
    return err('data.package is given without data.texts: give both, or neither for generated tweets');
  return ok({ package: resolve(root, folder), texts: texts.map((path) => resolve(root, path)) });
}

export function resolveStage(id: string, { package: folder, texts }: DataFolders): Result<DataStage, string> {
  const definition = definitions.get(id);
  if (definition === undefined) throw new Error(`Internal error: there is no stage ${id}`);
  const data: DataConfig = { package: folder, texts, cache: null };
  const parsed = definition.options.parse(GIVEN[id] ?? {}) as Readonly<Record<string, Json>>;
  const resolved = definition.resolve(parsed, {
    coordinates: {},
    data,
    models: {},
    devices: {},
    installation: installationRoot(),
    host: { cpuCount: availableParallelism() },
  });
  if ('blocked' in resolved) return err(`${resolved.blocked}\n  ${resolved.hint}`);
  const external = Object.fromEntries(resolved.external.map(({ name, path }) => [name, path]));
  return ok({ definition, options: resolved.options, external });
}
