import { randomFrom } from '../../../../../pipeline/base/random.js';
import type { ExcerptRow, ReportExcerpt } from '../../../../../stages/report/compare/schema.js';
import {
  addMatrices,
  quantile,
  scoresOf,
  spreadOf,
} from '../../../../../stages/report/statistics/descriptive.js';

/** What two runs of one study could have measured. Everything else about them is equal. */
export interface World {
  readonly models: readonly string[];
  readonly precisions: readonly string[];
  readonly seeds: readonly number[];
  readonly tweets: number;
  /** Chance that an answer is right. */
  readonly skill: number;
  /** Standard deviation of that between trainings. */
  readonly trainingScatter: number;
  /** Milliseconds. */
  readonly latency: number;
  /** Relative standard deviation of latency and memory between sessions. */
  readonly sessionScatter: number;
  readonly windows: number;
}

export const WORLD: World = {
  models: ['minilm-l3', 'minilm-l6'],
  precisions: ['fp32', 'int8'],
  seeds: [1, 2, 3],
  tweets: 400,
  skill: 0.7,
  trainingScatter: 0.02,
  latency: 20,
  sessionScatter: 0.03,
  windows: 3,
};

const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];

type Random = () => number;

/** Box and Muller 1958. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** How hard each tweet is: the same for every model, seed and run. */
function hardness(tweets: number, random: Random): number[] {
  return Array.from({ length: tweets }, () => random());
}

/** Half of what decides about a tweet is the tweet. */
function confusionFor(hard: readonly number[], skill: number, random: Random): number[][] {
  const matrix = LABELS.map(() => LABELS.map(() => 0));
  for (const [index, tweet] of hard.entries()) {
    const truth = index % LABELS.length;
    const isRight = (random() < 0.5 ? tweet : random()) < skill;
    const predicted = isRight ? truth : (truth + 1 + Math.floor(random() * 2)) % LABELS.length;
    const row = matrix[truth];
    if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1;
  }
  return matrix;
}

export interface RowOptions {
  readonly model: string;
  readonly precision: string;
  /** A confusion matrix of each seed. */
  readonly matrices: readonly (readonly (readonly number[])[])[];
  readonly seeds: readonly number[];
  /** Milliseconds, of each seed, window by window. */
  readonly medians: readonly (readonly number[])[];
  /** Bytes, of each seed. */
  readonly memory: readonly number[];
  readonly run: string;
}

export function excerptRow({
  model,
  precision,
  matrices,
  seeds,
  medians,
  memory,
  run,
}: RowOptions): ExcerptRow {
  const scores = matrices.map(scoresOf);
  const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();
  const all = medians.flat();
  const { sd } = spreadOf(all.map(Math.log));
  const middle = quantile(sorted(all), 0.5);
  const half = (1.96 * (sd ?? 0)) / Math.sqrt(all.length);
  const bytes = precision === 'fp32' ? 90_000_000 : 23_000_000;
  return {
    ...{ id: `${model}-${precision}`, stage: 'evaluate', model, precision, device: 'rpi4b', variant: {} },
    conditions: {
      ...{ transport: 'ssh', emulated: false, runtime: 'LiteRT 2.3.0, xnnpack, 1 thread' },
      ...{ protocol: 'quick (windows: count 3 seconds 1)', test_set: 'sha256:tweets' },
    },
    n_tweets: matrices[0]?.flat().reduce((sum, count) => sum + count, 0) ?? 0,
    labels: LABELS,
    n_seeds: seeds.length,
    seeds: seeds.map((seed, index) => ({
      seed,
      instance: `evaluate@device=rpi4b,model=${model},precision=${precision},seed=${seed}`,
      key: `sha256:${run} ${model} ${precision} ${seed}`,
      accuracy: scores[index]?.accuracy ?? Number.NaN,
      macro_f1: scores[index]?.macroF1 ?? Number.NaN,
      latency_ms: { median: quantile(sorted(medians[index] ?? []), 0.5), n: 3000 },
      peak_rss_bytes: memory[index] ?? Number.NaN,
      model_bytes: bytes,
      model_sha256: `${run} ${model} ${precision} ${seed}`,
      verdict: 'valid',
    })),
    accuracy: { mean: spreadOf(scores.map(({ accuracy }) => accuracy)).mean },
    macro_f1: { mean: spreadOf(scores.map(({ macroF1 }) => macroF1)).mean },
    latency_ms: { median: middle, n: 3000 * seeds.length },
    median_interval_ms: all.length < 2 ? null : [middle * Math.exp(-half), middle * Math.exp(half)],
    n_invalid: 0,
    peak_rss_bytes: Math.max(...memory),
    model_bytes: bytes,
    confusion: addMatrices(matrices),
  };
}

export function excerpt(results: readonly ExcerptRow[]): ReportExcerpt {
  return {
    ...{ schema: 1, study: 'made up', profile: ['quickstart'], notices: [], results: [...results] },
    ...{ energy: [], conversions: [], exports: [], devices: [], provenance: [] },
  };
}

/** One run in that world, measured on those tweets; `run` names its keys and files. */
function measure(world: World, hard: readonly number[], run: string, random: Random): ReportExcerpt {
  const { models, precisions, seeds, skill, trainingScatter, latency, sessionScatter, windows } = world;
  return excerpt(
    models.flatMap((model) => {
      const skills = seeds.map(() => skill + trainingScatter * normal(random));
      return precisions.map((precision) => {
        const session = (): number => Math.exp(sessionScatter * normal(random));
        return excerptRow({
          ...{ model, precision, seeds, run },
          matrices: skills.map((own) => confusionFor(hard, own, random)),
          medians: seeds.map(() => {
            const own = latency * session();
            return Array.from({ length: windows }, () => own * Math.exp(0.01 * normal(random)));
          }),
          memory: seeds.map(() => 80e6 * session()),
        });
      });
    }),
  );
}

/** Two runs that scored the same tweets. @param after what became other in between */
export function twoRuns(
  seed: number,
  before: Partial<World> = {},
  after: Partial<World> = {},
): { readonly before: ReportExcerpt; readonly after: ReportExcerpt } {
  const random = randomFrom(seed);
  const world = { ...WORLD, ...before };
  const hard = hardness(world.tweets, random);
  return {
    before: measure(world, hard, 'A', random),
    after: measure({ ...world, ...after }, hard, 'B', random),
  };
}
