import { z } from 'zod';
import type { Digest } from '../../../pipeline/base/canonical.js';
import type { TelemetrySummary } from '../../../pipeline/base/telemetry-summary.js';
import type { Coordinates, Scalar } from '../../../pipeline/contract/config.js';
import type { GateName } from '../../../pipeline/contract/gate.js';
import type { JobCall, JobHistory } from '../../../pipeline/contract/worker.js';
import type { Tables } from '../audit/tables-schema.js';
import type { Baseline } from '../model/baseline.js';
import { energyDocument } from './energy.js';

/** JSON has no word for what is not a number: workers say null. */
export const real = z.union([
  z.number(),
  z.null().transform(() => Number.NaN),
  z.literal('NaN').transform(() => Number.NaN),
]);
export const count = z.number().int().nonnegative();
const counts = z.record(z.string(), count);
const matrix = z.array(z.array(count));

const probe = z.looseObject({ cpu_count: z.number().int().positive() });

const GATES = [
  'under-voltage',
  'throttling',
  'frequency',
  'swap',
  'page-faults',
  'neighbours',
  'stolen-time',
  'clock',
  'power-samples',
] as const satisfies readonly GateName[];

/** The parts of each document that the report shows; docs/reference/artifacts.md has the whole of them. */
export const evaluationDocument = z.object({
  device: z.string(),
  transport: z.string(),
  emulated: z.boolean(),
  probe,
  /** Absent for a TFLite file. */
  format: z.literal('saved-model').optional(),
  runtime: z.object({
    litert: z.string().optional(),
    /** Of what runs other files than LiteRT's. */
    name: z.string().optional(),
    delegate: z.string().nullable(),
    threads: z.number().int(),
  }),
  protocol: z.looseObject({
    name: z.string(),
    sample_hz: z.number().optional(),
    windows: z.looseObject({ count, seconds: z.number() }).optional(),
  }),
  n: count,
  labels: z.array(z.string()).min(1),
  accuracy: real,
  macro_f1: real,
  per_class: z.array(
    z.object({ label: z.string(), precision: real, recall: real, f1: real, support: count }),
  ),
  confusion: matrix,
  wall_s: real,
  model_bytes: count,
  model_sha256: z.string(),
  peak_rss_bytes: real,
  sampler: z.string().default('psutil'),
  truncated: count.default(0),
  cpu_ms_per_inference: real.optional(),
  uss_bytes: real.optional(),
  /** Absent where nothing was judged. */
  verdict: z.enum(['valid', 'invalid', 'not-timed']).optional(),
  /** Absent where the device answered. */
  answers: z.object({ from: z.literal('host'), after_texts: count }).optional(),
  gates: z
    .array(
      z.object({
        gate: z.enum(GATES),
        verdict: z.enum(['passed', 'failed', 'not-checked']),
        message: z.string(),
        samples: z.array(z.object({ t_s: z.number(), value: real })),
      }),
    )
    .default([]),
  /** Absent where no power meter recorded. */
  energy: energyDocument.optional(),
});

export const trainingDocument = z.object({
  options: z.looseObject({}).default({}),
  /** Name of the processor. */
  device: z.string().optional(),
  precision: z.string(),
  parameters: count.optional(),
  epochs: z.array(
    z.object({
      epoch: count,
      train_loss: real,
      validation_loss: real,
      validation_accuracy: real,
      validation_macro_f1: real,
      seconds: real,
      samples_per_s: real,
    }),
  ),
  best_epoch: count,
  kept: z.enum(['weights', 'average']).default('weights'),
  best: z.object({ validation_loss: real, validation_accuracy: real, validation_macro_f1: real }).optional(),
  stopped_early: z.boolean().default(false),
  resumed_at: z.array(count).default([]),
  loss: z.array(z.tuple([z.number(), real])),
  confusion: matrix.default([]),
  labels: z.array(z.string()).default([]),
  peak_rss_bytes: real.optional(),
  distilled: z.object({ from: z.array(z.string()), temperature: real, alpha: real }).optional(),
});

export const conversionDocument = z.object({
  precision: z.string(),
  sequence_length: z.union([z.string(), z.number()]),
  bytes: count,
  sha256: z.string().optional(),
  ops: counts,
  op_count: count,
  stands_alone: z.boolean(),
  seconds: real.optional(),
  versions: z.record(z.string(), z.string()),
  bytes_by_part: counts,
  rewrites: z.array(z.string()),
  parity: z.object({
    texts: count,
    max_abs_logit_difference: real,
    mean_abs_logit_difference: real,
    argmax_agreement: real,
    saved_model_macro_f1: real,
    macro_f1: real,
    only_saved_model_right: count,
    only_file_right: count,
    mcnemar_p: real,
  }),
  worst_weights: z.array(z.object({ name: z.string(), kind: z.string(), relative: real, max_abs: real })),
  gates: z.array(
    z.object({
      name: z.string(),
      value: real,
      limit: real.optional(),
      passed: z.boolean().nullable(),
      why: z.string().optional(),
    }),
  ),
  accepted: z.string().optional(),
});

export const deploymentDocument = z.object({
  device: z.string(),
  transport: z.string(),
  sent_bytes: count,
  total_bytes: count,
  seconds: real,
  probe,
});

/** Counts by split; whatever else a stage notes beside them is its own affair. */
const countsBySplit = z
  .record(z.string(), z.unknown())
  .default({})
  .transform((splits) =>
    Object.fromEntries(
      Object.entries(splits).flatMap(([split, values]) => {
        const parsed = counts.safeParse(values);
        return parsed.success ? [[split, parsed.data] as const] : [];
      }),
    ),
  );

export const fetchDocument = z.object({
  source: z.string().nullable(),
  synthetic: z.boolean(),
  files: count,
  rows: counts,
  joined: countsBySplit,
  texts_from: countsBySplit,
  dropped: z.array(
    z.object({
      kind: z.string().optional(),
      split: z.string().optional(),
      reason: z.string(),
      count,
      examples: z.array(
        z.looseObject({ file: z.string().optional(), line: count.optional(), id: z.string().optional() }),
      ),
    }),
  ),
  warnings: z.array(z.string()),
});

export const hydrationDocument = z.object({
  host: z.string(),
  tweets: count,
  found: count,
  rows_filled: count,
  /** Ids by reason. */
  missing: z.record(z.string(), z.array(z.string())),
  withheld_in: counts.default({}),
  warnings: z.array(z.string()).default([]),
});

const beforeAfter = z.object({ before: z.string(), after: z.string() });

export const cleanDocument = z.object({
  rules: z.string(),
  buckets: z.record(z.string(), counts),
  labels: z.record(z.string(), counts),
  entities: counts.default({}),
  entities_without_text: z.array(z.string()).default([]),
  leaks: z.looseObject({}).default({}),
  /** By entity and bucket; cards that have it not, or in another form, say nothing of single entities. */
  counts: z
    .object({ test: z.object({ entity: z.record(z.string(), counts) }) })
    .optional()
    .catch(undefined),
  samples: z.array(beforeAfter).default([]),
  steps: z
    .array(z.object({ name: z.string(), summary: z.string(), changed: count, samples: z.array(beforeAfter) }))
    .default([]),
});

export const splitDocument = z.object({
  seed: z.number().nullish(),
  counts: z.record(z.string(), counts),
  synthetic: z.boolean().optional(),
});

export const encodeDocument = z.object({
  max_length: count,
  input: z.string().optional(),
  tokens: z.record(z.string(), z.object({ mean: real, p95: real, max: real })),
  truncated: counts.default({}),
});

/** Only its plain figures are shown. */
export const exportDocument = z.looseObject({});

export const telemetrySample = z.object({
  t_s: z.number(),
  phase: z.string(),
  cpu_percent: real,
  cpu_percent_process: real,
  // Looked at less often than the others: no line says nothing of them.
  memory_used_bytes: real.optional(),
  rss_bytes: real,
  temperature_c: z.number().nullish(),
  frequency_mhz: z.number().nullish(),
});

/** Where a document came from. */
export interface Source {
  readonly instance: string;
  readonly stage: string;
  readonly artifact: string;
  readonly coordinates: Coordinates;
  readonly key: string;
  readonly digest: Digest;
}

export interface Loaded<T> {
  readonly source: Source;
  readonly document: T;
}

/** The tweets that were scored, in their order. */
export interface Tweets {
  /** SHA-256 over entity, id and label of each tweet. */
  readonly digest: string;
  readonly ids: readonly string[];
  readonly entities: readonly string[];
}

/** What a model answered to each tweet. */
export interface Predictions {
  /** One and the same object for all that scored the same tweets. */
  readonly tweets: Tweets;
  readonly labels: Uint8Array;
  readonly predicted: Uint8Array;
  /** One for each class, tweet after tweet. */
  readonly logits: Float32Array;
  /** NaN where nothing was timed. */
  readonly latenciesMs: Float64Array;
  /** Tokens of each text, where all rows say them. */
  readonly tokens: readonly number[];
}

/** Of the splits themselves: what the report may say of a tweet or an entity. */
export interface Wording {
  /** By entity and id, `textKey`; empty unless texts may be shown. */
  readonly texts: ReadonlyMap<string, string>;
  readonly entityNames: ReadonlyMap<string, string>;
}

export const textKey = (entity: string, id: string): string => `${entity}\t${id}`;

export type EvaluationDocument = z.infer<typeof evaluationDocument>;
export interface LoadedEvaluation extends Loaded<EvaluationDocument> {
  readonly predictions: Predictions;
  readonly telemetry: TelemetrySummary;
  /** Latencies of each timed window, milliseconds; those of the pass over all tweets where there are no windows. */
  readonly windows: readonly Float64Array[];
  /** Tokens of the texts whose latencies these are; empty where that is not said. */
  readonly windowTokens: readonly number[];
}

/** Latencies that may be compared with others': none of an invalid evaluation. */
export const comparableWindows = ({ document, windows }: LoadedEvaluation): readonly Float64Array[] =>
  document.verdict === 'invalid' ? [] : windows;

/** Whether a row has timed seeds, and all of them are invalid. */
export const isSpoilt = (row: {
  readonly n_seeds: number;
  readonly n_invalid: number;
  readonly n_untimed: number;
}): boolean => row.n_invalid > 0 && row.n_invalid + row.n_untimed === row.n_seeds;

export type LoadedTraining = Loaded<z.infer<typeof trainingDocument>>;

/** The answers to the validation split, of the epoch that was kept. */
export interface LoadedValidation {
  readonly source: Source;
  readonly predictions: Predictions;
}

/** A classifier that a stage `baseline` trained, with its answers to the whole test split. */
export interface LoadedBaseline {
  readonly source: Source;
  readonly name: string;
  readonly labels: readonly string[];
  readonly model_bytes: number;
  readonly latency_ms: Baseline['latency_ms'];
  readonly predictions: Predictions;
}

/** All that a report is made from, read and checked. */
export interface ReportInputs {
  readonly history: readonly JobHistory[];
  /** Null where the job does not say what was called. */
  readonly call: JobCall | null;
  readonly study: string;
  readonly title: string;
  readonly profile: readonly string[];
  readonly evaluations: readonly LoadedEvaluation[];
  readonly baselines: readonly LoadedBaseline[];
  readonly training: readonly LoadedTraining[];
  readonly validation: readonly LoadedValidation[];
  readonly texts: 'synthetic' | 'local' | 'withheld';
  readonly wording: Wording;
  readonly conversions: readonly Loaded<z.infer<typeof conversionDocument>>[];
  readonly exports: readonly Loaded<z.infer<typeof exportDocument>>[];
  readonly fetch: readonly Loaded<z.infer<typeof fetchDocument>>[];
  readonly hydration: readonly Loaded<z.infer<typeof hydrationDocument>>[];
  readonly clean: readonly Loaded<z.infer<typeof cleanDocument>>[];
  readonly split: readonly Loaded<z.infer<typeof splitDocument>>[];
  readonly encode: readonly Loaded<z.infer<typeof encodeDocument>>[];
  readonly deployments: readonly Loaded<z.infer<typeof deploymentDocument>>[];
  /** A publication's tables to look things up in. */
  readonly published: Tables | null;
}

export const modelOf = (coordinates: Coordinates): string => String(coordinates.model ?? '(no model axis)');
export const seedOf = (coordinates: Coordinates): Scalar | null => coordinates.seed ?? null;

const NAMED_AXES = new Set(['model', 'seed', 'precision', 'device']);

/** Coordinates on axes that have no column of their own. */
export function variantOf(coordinates: Coordinates): Readonly<Record<string, Scalar>> {
  return Object.fromEntries(Object.entries(coordinates).filter(([axis]) => !NAMED_AXES.has(axis)));
}

/**
 * As `variantOf`; with the stage where several do the same work, since what they make of the same coordinates are
 * different things: a model that was fine-tuned and one that was distilled.
 */
export function variantsAmong(
  loaded: readonly { readonly source: Source }[],
): (source: Source) => Readonly<Record<string, Scalar>> {
  const isOne = new Set(loaded.map(({ source }) => source.stage)).size < 2;
  return ({ stage, coordinates }) => (isOne ? variantOf(coordinates) : { ...variantOf(coordinates), stage });
}
