import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/canonical.js';
import type { Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';
import type { StageDefinition } from '../contract/stage.js';
import { measureCases, orThrow } from './bench-cases.js';
import { writeGeneratedReplab } from './generated-replab.js';
import { benchHydrate } from './hydrate-bench.js';
import { summarize } from './summarize.js';
import { timedWorker, type WorkerTiming } from './timed-worker.js';
import { typescriptWorkerCommand } from './worker-programs.js';

/** Copies of RepLab 2013: the package and the folders with texts. */
export interface DataFolders {
  readonly package: string;
  readonly texts: readonly string[];
}

/** A stage with the options that a study gets which gives none, on this data. */
export interface DataStage {
  readonly definition: StageDefinition;
  readonly options: Readonly<Record<string, Json>>;
  readonly external: Readonly<Record<string, string>>;
}

export interface DataBenchOptions {
  /** Null: tweets are generated. */
  readonly data: DataFolders | null;
  /** Labelled rows of RepLab 2013, and of what is generated in its place. */
  readonly rows: number;
  /** Folder of the synthetic sample that generated tweets are made of. */
  readonly sample: string;
  readonly installation: string;
  readonly cases: readonly DataCase[];
  readonly repeats: number;
  /** An empty folder of ours. */
  readonly folder: string;
  readonly host: string;
  readonly signal: AbortSignal;
  stage(id: string, data: DataFolders): Result<DataStage, string>;
  environment(stage: StageDefinition, scratch: string): NodeJS.ProcessEnv;
  onProgress(message: string): void;
  onMeasured?(measures: readonly BenchMeasure[]): void;
}

export interface DataCase {
  readonly name: string;
  /** Measured only where `--only` names it. */
  readonly onRequest?: true;
  measure(options: DataBenchOptions): Promise<readonly BenchMeasure[]>;
}

/** What `bench data` measures, in this order. */
export const DATA_CASES: readonly DataCase[] = [
  { name: 'clean', measure: measureClean },
  { name: 'baseline', measure: measureBaseline },
  { name: 'hydrate', measure: measureHydrate },
  { name: 'clean_10x', onRequest: true, measure: measureGrowth },
];

const GROWTH = 10;

/** Enough that starting the worker is a small part. */
const HYDRATED = 30_000;

/** What it costs to come from files to cleaned tweets, to the baselines, and to texts that are asked for: whole workers, seen from outside. */
export async function benchData(options: DataBenchOptions): Promise<Result<readonly BenchMeasure[], string>> {
  return await measureCases(options.cases, (one) => one.measure(options), options.onMeasured);
}

interface Tweets {
  readonly folders: DataFolders;
  /** For notes. */
  readonly words: string;
  readonly isReal: boolean;
}

function tweetsOf(options: DataBenchOptions): Tweets {
  if (options.data !== null) return { folders: options.data, words: 'RepLab 2013', isReal: true };
  return generated(options, options.rows);
}

function generated({ sample, folder, onProgress }: DataBenchOptions, rows: number): Tweets {
  onProgress(`generating ${rows} rows`);
  const made = writeGeneratedReplab(sample, join(folder, `generated-${rows}`), rows);
  const folders = { package: made.package, texts: [made.texts] };
  return { folders, words: `${made.rows} generated rows, not RepLab 2013`, isReal: false };
}

/** Outputs by the type of artifact, of stages that were run one after the other, and what each took. */
interface Ran {
  readonly artifacts: Readonly<Record<string, string>>;
  readonly timings: readonly WorkerTiming[];
}

async function runStages(
  options: DataBenchOptions,
  stages: readonly string[],
  folders: DataFolders,
  name: string,
  given: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const artifacts: Record<string, string> = { ...given };
  const timings: WorkerTiming[] = [];
  for (const id of stages) {
    const { definition, options: resolved, external } = orThrow(options.stage(id, folders));
    const folder = join(options.folder, name, id);
    mkdirSync(folder, { recursive: true });
    const inputs = definition.inputs.flatMap(({ name: input, artifact }) => {
      const path = artifacts[artifact];
      return path === undefined ? [] : [[input, path] as const];
    });
    const command = typescriptWorkerCommand(
      {
        installation: options.installation,
        environment: (scratch) => options.environment(definition, scratch),
      },
      id,
      folder,
      {
        options: resolved,
        external,
        inputs: Object.fromEntries(inputs),
        outputs: Object.fromEntries(definition.outputs.map((output) => [output.name, output.path])),
      },
    );
    timings.push(orThrow(await timedWorker(command, folder, options.signal)));
    for (const { artifact, path } of definition.outputs) artifacts[artifact] = join(folder, path);
  }
  return { artifacts, timings };
}

const total = (timings: readonly WorkerTiming[], pick: (timing: WorkerTiming) => number): number =>
  timings.reduce((sum, timing) => sum + pick(timing), 0);

const peakMegabytes = (timings: readonly WorkerTiming[]): number =>
  Math.max(...timings.map(({ peakBytes }) => peakBytes)) / 1e6;

/** `fetch` and `clean`, one after the other, as often as is asked. */
async function cleanings(options: DataBenchOptions, { folders, words }: Tweets): Promise<readonly Ran[]> {
  const ran: Ran[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.onProgress(`fetch and clean: ${words}, ${repeat} of ${options.repeats}`);
    ran.push(await runStages(options, ['fetch', 'clean'], folders, 'clean'));
  }
  return ran;
}

function partsOf(ran: readonly Ran[]): string {
  const part = (index: number, pick: (timing: WorkerTiming) => number): string =>
    summarize(
      ran.map(({ timings }) => (timings[index] === undefined ? 0 : pick(timings[index]))),
    ).value.toFixed(2);
  return ['fetch', 'clean']
    .map(
      (name, index) =>
        `${name} ${part(index, ({ seconds }) => seconds)} s (processor ${part(index, (one) => one.processorSeconds)} s)`,
    )
    .join(', ');
}

async function measureClean(options: DataBenchOptions): Promise<readonly BenchMeasure[]> {
  const tweets = tweetsOf(options);
  const ran = await cleanings(options, tweets);
  const rows = ran[0]?.timings[0]?.summary.rows;
  const note = `${tweets.words}: ${String(rows)} rows; ${partsOf(ran)}`;
  return [
    {
      measure: 'clean_replab_s',
      unit: 's',
      ...summarize(ran.map(({ timings }) => total(timings, ({ seconds }) => seconds))),
      peers: {},
      limit: { kind: 'at-most', value: 6 },
      note,
      host: options.host,
    },
    {
      measure: 'clean_replab_mb',
      unit: 'MB',
      ...summarize(ran.map(({ timings }) => peakMegabytes(timings))),
      peers: {},
      limit: { kind: 'at-most', value: 600 },
      note: `${tweets.words}: highest resident memory of either worker`,
      host: options.host,
    },
  ];
}

/** Whether memory grows with the rows: ten times as many, beside as many. */
async function measureGrowth(options: DataBenchOptions): Promise<readonly BenchMeasure[]> {
  const single = await cleanings(options, generated(options, options.rows));
  const many = generated(options, GROWTH * options.rows);
  const ran = await cleanings(options, many);
  const peaks = (all: readonly Ran[]) => all.map(({ timings }) => peakMegabytes(timings));
  const base = summarize(peaks(single)).value;
  const note = `${many.words}; ${partsOf(ran)}`;
  const common = { peers: {}, host: options.host };
  return [
    {
      measure: 'clean_10x_s',
      unit: 's',
      ...summarize(ran.map(({ timings }) => total(timings, ({ seconds }) => seconds))),
      note,
      ...common,
    },
    { measure: 'clean_10x_mb', unit: 'MB', ...summarize(peaks(ran)), note, ...common },
    {
      measure: 'clean_10x_memory_ratio',
      unit: 'ratio',
      ...summarize(peaks(ran).map((peak) => peak / base)),
      note: `peak memory of ten times as many generated rows over ${base.toFixed(0)} MB`,
      ...common,
    },
  ];
}

async function measureHydrate(options: DataBenchOptions): Promise<readonly BenchMeasure[]> {
  const { installation, folder, rows, repeats, host, signal } = options;
  options.onProgress('hydrate: asking a stand-in of X');
  const stageHost = join(installation, 'dist', 'pipeline', 'cli', 'stage-host.js');
  const tweets = Math.min(rows, HYDRATED);
  return orThrow(await benchHydrate({ stageHost, folder, tweets, repeats, host, signal }));
}

async function measureBaseline(options: DataBenchOptions): Promise<readonly BenchMeasure[]> {
  const { folders, words, isReal } = tweetsOf(options);
  options.onProgress(`baseline: fetching, cleaning and splitting ${words}`);
  const { artifacts, timings: before } = await runStages(
    options,
    ['fetch', 'clean', 'split'],
    folders,
    'baseline',
  );
  const ran: WorkerTiming[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.onProgress(`baseline: ${words}, ${repeat} of ${options.repeats}`);
    ran.push(...(await runStages(options, ['baseline'], folders, 'baseline', artifacts)).timings);
  }
  const split = before.at(-1)?.summary;
  const scores = ran.map(({ summary }) =>
    Math.max(
      ...Object.entries(summary).flatMap(([name, value]) =>
        name.endsWith('macro_f1') ? [Number(value)] : [],
      ),
    ),
  );
  const processor = summarize(ran.map(({ processorSeconds }) => processorSeconds)).value;
  const note = `${words}: ${String(split?.train)} tweets trained, ${String(split?.test)} scored by each classifier`;
  return [
    {
      measure: 'baseline_s',
      unit: 's',
      ...summarize(ran.map(({ seconds }) => seconds)),
      peers: {},
      limit: { kind: 'at-most', value: 20 },
      note: `${note}; processor ${processor.toFixed(2)} s`,
      host: options.host,
    },
    {
      measure: 'baseline_macro_f1',
      unit: 'ratio',
      ...summarize(scores),
      peers: {},
      // Of made-up tweets it says nothing.
      ...(isReal ? { limit: { kind: 'at-least', value: 0.5 } as const } : {}),
      note: `${note}; the better of them, on the test split`,
      host: options.host,
    },
  ];
}
