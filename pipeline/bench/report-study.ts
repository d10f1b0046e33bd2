import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type Json } from '../base/canonical.js';
import { randomFrom, seedOfText } from '../base/random.js';
import { summarizeTelemetry, TELEMETRY_SUMMARY, telemetrySummaryText } from '../base/telemetry-summary.js';
import type { Coordinates } from '../contract/config.js';
import type { JobHistory, JobInput } from '../contract/worker.js';
import {
  type Answer,
  changedAnswers,
  conversionCard,
  countsOf,
  evaluationDocument,
  LABELS,
  madeUpAnswers,
  madeUpTweets,
  probeOf,
  scoresOf,
  type Tweet,
  trainingLog,
} from './report-study-cards.js';
import { type BoardTrait, layoutOf, writePower, writeTelemetry } from './report-study-series.js';

/** How large a made-up study is. */
export interface ReportStudySize {
  readonly models: number;
  readonly seeds: number;
  readonly precisions: number;
  readonly boards: number;
  /** Of the test set, all of which every model answers. */
  readonly tweets: number;
  readonly validationTweets: number;
  /** Of telemetry of each evaluation, ten samples a second. */
  readonly seconds: number;
  readonly windows: number;
}

/** 2 models, 5 seeds, 3 precisions and 3 boards: 90 evaluations of an hour. */
export const FULL_STUDY: ReportStudySize = {
  ...{ models: 2, seeds: 5, precisions: 3, boards: 3, tweets: 2000, validationTweets: 1000 },
  ...{ seconds: 3600, windows: 5 },
};

export interface ReportStudy {
  readonly study: string;
  readonly inputs: Readonly<Record<string, readonly JobInput[]>>;
  readonly history: readonly JobHistory[];
  readonly evaluations: number;
  /** Lines of telemetry. */
  readonly samples: number;
}

const MODELS = [
  { name: 'minilm-l6', bytes: 91_000_000, parameters: 22_713_216, skill: 0.5, weight: 1 },
  { name: 'mobilebert', bytes: 98_000_000, parameters: 24_581_888, skill: 0.54, weight: 2.4 },
  { name: 'minilm-l3', bytes: 69_500_000, parameters: 17_389_824, skill: 0.46, weight: 0.55 },
];

const PRECISIONS = [
  { name: 'fp32', size: 1, time: 1, changed: 0 },
  { name: 'fp16', size: 0.5, time: 1.02, changed: 0.0005 },
  { name: 'int8', size: 0.26, time: 0.48, changed: 0.015 },
];

interface Board extends BoardTrait {
  readonly name: string;
  /** One inference of the first model in fp32, milliseconds. */
  readonly milliseconds: number;
}

const boardOf = (name: string, milliseconds: number, trait: Omit<BoardTrait, 'cpuCount'>): Board => ({
  ...{ name, milliseconds, cpuCount: 4, ...trait },
});

const BOARDS: readonly Board[] = [
  boardOf('board-a', 118, {
    ...{ clockMhz: 1400, idleWatts: 1.9, workWatts: 3.1, restCelsius: 46, warmCelsius: 22, memoryBytes: 1e9 },
  }),
  boardOf('board-b', 47, {
    ...{ clockMhz: 1800, idleWatts: 2.7, workWatts: 4.4, restCelsius: 44, warmCelsius: 24, memoryBytes: 4e9 },
  }),
  boardOf('board-c', 16, {
    ...{ clockMhz: 2400, idleWatts: 3.2, workWatts: 6.1, restCelsius: 47, warmCelsius: 21, memoryBytes: 8e9 },
  }),
];

/** Fewer inferences than this make no percentiles. */
const LEAST_INFERENCES = 64;
const RUN = 'made-up-run';
const STARTED = Date.UTC(2026, 0, 5, 8);

const jsonLines = (rows: readonly Json[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Files of artifacts with what a job says of each. */
class Artifacts {
  readonly inputs: Record<string, JobInput[]> = {};
  readonly history: JobHistory[] = [];
  readonly #folder: string;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where the artifact is to be written; one instance may have several. */
  place(input: string, artifact: string, stage: string, coordinates: Coordinates): string {
    const at = Object.entries(coordinates).map(([axis, value]) => `${axis}=${String(value)}`);
    const instance = at.length === 0 ? stage : `${stage}@${at.sort().join(',')}`;
    const key = digestOf(`key of ${instance}`);
    this.#count += 1;
    const path = join(this.#folder, `${String(this.#count).padStart(4, '0')}-${input}`);
    const own = this.inputs[input] ?? [];
    const digest = digestOf(`${artifact} of ${instance}`);
    own.push({ ...{ path, digest, artifact, output: input, instance, stage, coordinates, key } });
    this.inputs[input] = own;
    if (!this.history.some((one) => one.instance === instance)) this.#remember(instance, stage, key);
    return path;
  }

  file(
    input: string,
    artifact: string,
    stage: string,
    coordinates: Coordinates,
    document: Json | string,
  ): void {
    const path = this.place(input, artifact, stage, coordinates);
    writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
  }

  tree(input: string, artifact: string, stage: string, coordinates: Coordinates): (name: string) => string {
    const path = this.place(input, artifact, stage, coordinates);
    mkdirSync(path, { recursive: true });
    return (name) => join(path, name);
  }

  #remember(instance: string, stage: string, key: string): void {
    const started_at = new Date(STARTED + this.history.length * 60_000).toISOString();
    const usage = { source: 'sampled', wall_seconds: 55, cpu_seconds: 31, peak_rss_bytes: 4e8 } as const;
    this.history.push({
      ...{ instance, stage, key, run: RUN, started_at, wall_seconds: 55, host: 'made-up-host' },
      ...{ executor: null, attempts: 1, usage, device: null, accepted: null },
      made_from: { inputs: [], external: {}, environment: {} },
    });
  }
}

/**
 * Writes the artifacts of a study that nobody measured: figures of plausible shapes from a seeded generator, the same
 * ones each time, and as large as a real study's. Its title, study, boards and data say that it is made up.
 */
export function writeReportStudy(folder: string, size: ReportStudySize): ReportStudy {
  mkdirSync(folder, { recursive: true });
  const artifacts = new Artifacts(folder);
  const test = madeUpTweets(size.tweets, 9_100_000_000_000_000_000n);
  const validation = madeUpTweets(size.validationTweets, 9_000_000_000_000_000_000n);
  addData(artifacts, { test, validation });
  addBaseline(artifacts, test);
  let evaluations = 0;
  let samples = 0;
  for (const model of MODELS.slice(0, size.models)) {
    const tokens = { mean: 24.6, p95: 41, max: 73 };
    artifacts.file(
      'encode',
      'encode-card',
      'encode',
      { model: model.name },
      {
        ...{ schema: 1, max_length: 128, input: 'entity-tweet' },
        tokens: { train: tokens, validation: tokens, test: tokens },
        truncated: { train: 0, validation: 0, test: 0 },
      },
    );
    for (let seed = 1; seed <= size.seeds; seed += 1) {
      const at = { model: model.name, seed };
      const name = `${model.name} ${seed}`;
      const skill = model.skill + 0.02 * randomFrom(seedOfText(`${name} skill`))();
      const onValidation = madeUpAnswers(validation, skill, `${name} validation`);
      const validated = scoresOf(onValidation);
      artifacts.file(
        'training',
        'training-log',
        'fine-tune',
        at,
        trainingLog(name, validated, model.parameters),
      );
      const kept = onValidation.map(({ id, entity, label, logits }) => ({
        id,
        entity,
        label,
        logits: [...logits],
      }));
      artifacts.file('validation', 'validation-predictions', 'fine-tune', at, jsonLines(kept));
      artifacts.file('export', 'export-card', 'export', at, {
        ...{ schema: 1, signature: 'serving_default', bytes: model.bytes, parity: { inputs: 8 } },
      });
      const answers = madeUpAnswers(test, skill, `${name} test`);
      for (const precision of PRECISIONS.slice(0, size.precisions)) {
        const bytes = Math.round(model.bytes * precision.size);
        const own = changedAnswers(answers, precision.changed, `${name} ${precision.name}`);
        const where = { ...at, precision: precision.name };
        const card = conversionCard(precision.name, bytes, validated.macro_f1);
        artifacts.file('conversion', 'conversion-card', 'convert', where, card);
        for (const board of BOARDS.slice(0, size.boards)) {
          const milliseconds = board.milliseconds * model.weight * precision.time;
          samples += addEvaluation(artifacts, size, { board, bytes, milliseconds }, own, {
            ...{ ...where, device: board.name },
          });
          evaluations += 1;
        }
      }
    }
  }
  const { inputs, history } = artifacts;
  return { study: 'made-up-study', inputs, history, evaluations, samples };
}

interface Measured {
  readonly board: Board;
  readonly bytes: number;
  readonly milliseconds: number;
}

function addEvaluation(
  artifacts: Artifacts,
  { seconds, windows }: ReportStudySize,
  { board, bytes, milliseconds }: Measured,
  answers: readonly Answer[],
  coordinates: Coordinates,
): number {
  const name = JSON.stringify(coordinates);
  const seed = seedOfText(name);
  const random = randomFrom(seed);
  const residentBytes = 48_000_000 + bytes;
  const inTree = artifacts.tree('evaluation', 'evaluation', 'evaluate', coordinates);
  const latency = (): number =>
    Number((milliseconds * (0.8 + 0.4 * random()) * (random() < 0.01 ? 1.6 : 1)).toFixed(4));
  const rows = answers.map(({ id, entity, label, predicted, logits }) => ({
    ...{ id, entity, label, predicted, logits: [...logits], latency_ms: latency(), tokens: 25 },
  }));
  const timed = layoutOf(seconds, windows).windows.map(({ from, to }) =>
    Array.from(
      { length: Math.max(LEAST_INFERENCES, Math.floor((to - from) / (milliseconds / 1000))) },
      latency,
    ),
  );
  const lines = timed.map((latency_ms, index) => ({
    ...{ window: index + 1, latency_ms, tokens: latency_ms.map(() => 25) },
  }));
  const document = evaluationDocument(
    {
      ...{ device: board.name, board, seconds, windows, bytes, residentBytes },
      inferences: timed.map(({ length }) => length),
      digest: digestOf(name).slice('sha256:'.length),
    },
    scoresOf(answers),
    answers.length,
  );
  writeFileSync(inTree('evaluation.json'), JSON.stringify(document));
  writeFileSync(inTree('predictions.jsonl'), jsonLines(rows));
  writeFileSync(inTree('windows.jsonl'), jsonLines(lines));
  const series = { seed, seconds, windows, board, residentBytes };
  const samples = writeTelemetry(inTree('telemetry.jsonl'), series);
  const power = writePower(inTree('power.jsonl'), series);
  const summary = summarizeTelemetry(samples, power, board.cpuCount);
  writeFileSync(inTree(TELEMETRY_SUMMARY), telemetrySummaryText(summary));
  artifacts.file('deployment', 'deployment', 'deploy', coordinates, {
    ...{
      schema: 1,
      device: board.name,
      transport: 'ssh',
      remote: 'bundles/made-up',
      bundle_sha256: 'made up',
    },
    ...{ sent_bytes: bytes, total_bytes: bytes + 90_000, seconds: 4.1, probe: probeOf(board.name, board) },
  });
  return samples.length;
}

interface Splits {
  readonly test: readonly Tweet[];
  readonly validation: readonly Tweet[];
}

function addData(artifacts: Artifacts, { test, validation }: Splits): void {
  const counts = { test: countsOf(test), validation: countsOf(validation) };
  const train = { NEGATIVE: 2900, NEUTRAL: 5800, POSITIVE: 15_440 };
  artifacts.file(
    'fetch',
    'fetch-card',
    'fetch',
    {},
    {
      ...{
        schema: 1,
        source: 'made up',
        synthetic: true,
        files: 122,
        rows: { training: 26_000, test: test.length },
      },
      ...{ joined: {}, texts_from: {}, dropped: [], warnings: [], sha256: 'made up' },
    },
  );
  artifacts.file(
    'clean',
    'clean-card',
    'clean',
    {},
    {
      ...{ schema: 1, rules: 'light', filter: {}, buckets: { test: { used: test.length } } },
      ...{ labels: { training: train, test: counts.test }, entities: { training: 61, test: 61 } },
      ...{ entities_without_text: [], leaks: {}, samples: [], steps: [], sha256: 'made up' },
    },
  );
  artifacts.file(
    'split',
    'split-card',
    'split',
    {},
    {
      ...{ schema: 1, seed: 7, synthetic: true, counts: { train, ...counts } },
    },
  );
  const rows = (tweets: readonly Tweet[]): string =>
    jsonLines(
      tweets.map(({ id, entity, label }, index) => ({
        ...{ id, entity, entity_name: `Maker ${entity.slice(-3)}`, domain: 'automotive' },
        ...{ label: LABELS[label] ?? '', text: `Made-up tweet ${index + 1} on maker ${entity.slice(-3)}` },
      })),
    );
  writeFileSync(artifacts.tree('fit-split', 'fit-split', 'split', {})('validation.jsonl'), rows(validation));
  writeFileSync(artifacts.tree('test-split', 'test-split', 'split', {})('test.jsonl'), rows(test));
}

function addBaseline(artifacts: Artifacts, test: readonly Tweet[]): void {
  const names = ['naive-bayes', 'linear'];
  const inTree = artifacts.tree('baseline', 'baseline', 'baseline', {});
  const bytes = (index: number): number => 3_145_740 + index * 1_048_576;
  const classifiers = names.map((name, index) => ({ name, model_bytes: bytes(index) }));
  writeFileSync(inTree('baseline.json'), JSON.stringify({ schema: 1, labels: LABELS, classifiers }));
  for (const [index, name] of names.entries()) {
    const answers = madeUpAnswers(test, 0.38 + 0.03 * index, name);
    const rows = answers.map(({ logits, ...row }) => ({ ...row, logits: [...logits] }));
    writeFileSync(inTree(`${name}.jsonl`), jsonLines(rows));
  }
  const latency_ms = { mean: 0.02, median: 0.02, p90: 0.03, p99: 0.05, min: 0.01, max: 0.3, n: test.length };
  artifacts.file(
    'baseline-timing',
    'baseline-timing',
    'baseline',
    {},
    {
      ...{ schema: 1, read_s: 0.1, classifiers: names.map((name) => ({ name, train_s: 0.4, latency_ms })) },
    },
  );
}
