import type { Scalar } from '../../../pipeline/contract/config.js';
import type { Alternative } from './alternative.js';
import type { Baseline } from './baseline.js';
import type { Conversion } from './conversion.js';
import type { DataViews } from './data.js';
import type { Efficiency } from './efficiency.js';
import type { EnergyGroup } from './energy.js';
import type { RowFlags } from './flags.js';
import type { Inspection } from './inspection.js';
import type { Methods } from './methods.js';
import type { PaperView } from './paper.js';
import type { ParetoFront } from './pareto.js';
import type { Provenance, TimelineRun } from './provenance.js';
import type { ClassResult, Interval, Spread } from './scores.js';
import type { Telemetry } from './telemetry.js';
import type { TrainingRun } from './training.js';
import type { Validity } from './validity.js';

/**
 * The report as data: `report.json` is this document, and `report.html` shows nothing that is not in it.
 * A number that is not a number (or infinite) is `"NaN"` (`"Infinity"`, `"-Infinity"`) in `report.json`; `null` says that there is none.
 */
export interface ReportModel {
  readonly schema: 1;
  /** Version of Edgeline; null where the report was not told. */
  readonly made_with: string | null;
  readonly study: string;
  readonly title: string;
  /** Profiles of the run, in the order in which they lie over the file. */
  readonly profile: readonly string[];
  /** Whether the tweets are made up; null when no data card says so. */
  readonly synthetic: boolean | null;
  /** Devices whose timing means nothing. */
  readonly emulated_devices: readonly string[];
  /** What is missing or does not add up, in sentences. */
  readonly notices: readonly string[];
  /** What to know of each row before its figures. */
  readonly flags: readonly RowFlags[];
  /** One choice for each set of conditions. */
  readonly answers: readonly Answer[];
  /** What each other row under the conditions of an answer would cost in place of its choice. */
  readonly alternatives: readonly Alternative[];
  /** What models have to be better than. */
  readonly baselines: readonly Baseline[];
  /** The result table. */
  readonly results: readonly ResultRow[];
  /** What the answers of each model show beyond its scores: on validation first, then on test. */
  readonly inspections: readonly Inspection[];
  /** Whether texts of tweets are in this report: made-up ones may be, real ones only in a report for its maker alone. */
  readonly texts: 'synthetic' | 'local' | 'withheld';
  /** Of each evaluation, whether its timing counts. */
  readonly validity: readonly Validity[];
  /** Where power meters recorded: groups that are never ranked together. */
  readonly energy: readonly EnergyGroup[];
  /** What an inference of each row takes beside time. */
  readonly efficiency: readonly Efficiency[];
  /** Which rows no other is better than in both macro-F1 and a cost. */
  readonly pareto: readonly ParetoFront[];
  /** Of each timed evaluation, processor and memory over time. */
  readonly telemetry: readonly Telemetry[];
  /** Of each training, its settings and curves. */
  readonly training: readonly TrainingRun[];
  /** Of each file, how it was made and what shows that it answers as its SavedModel does. */
  readonly conversions: readonly Conversion[];
  /** Of each export, the plain figures of its card. */
  readonly exports: readonly Card[];
  /** What was sent to devices. */
  readonly deployments: readonly Deployment[];
  /** What devices said of themselves. */
  readonly devices: readonly Device[];
  /** The cards of the stages that make the data. */
  readonly data: DataViews;
  /** A published table and its indices; null where the report was made without one. */
  readonly paper: PaperView | null;
  /** For each run that made something of this: the newest first. */
  readonly timeline: readonly TimelineRun[];
  /** Each artifact that the report was made from: what was measured first, the data last. */
  readonly provenance: readonly Provenance[];
  /** The methods in words, and what to cite. */
  readonly methods: Methods;
}

/** Milliseconds over `n` inferences. Percentiles interpolate linearly between order statistics (Hyndman and Fan's type 7, NumPy's default). */
export interface Latency {
  readonly median: number;
  /** Null below 64 inferences. */
  readonly p90: number | null;
  /** Null below 662 inferences. */
  readonly p99: number | null;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

/** What must be equal for two latencies to be compared. */
export interface Conditions {
  readonly device: string;
  readonly transport: string;
  readonly emulated: boolean;
  /** Runtime, delegate and threads in words: `LiteRT 2.3.0, xnnpack, 1 thread`. */
  readonly runtime: string;
  /** Name and settings in words: `quick (before_s 2, ...)`. */
  readonly protocol: string;
  /** The same in few words: `quick, 3 windows of 1 s`, `quick, one pass`. */
  readonly timing: string;
  /** SHA-256 over entity, id and label of the scored tweets, in their order. */
  readonly test_set: string;
}

/** One line of the result table: a model at a precision under the same conditions, over its seeds. */
export interface ResultRow {
  /** Names the row within the report: `row-1`. */
  readonly id: string;
  /** The stage that measured it. */
  readonly stage: string;
  readonly model: string;
  readonly precision: string;
  readonly device: string;
  /** Coordinates other than model, precision, device and seed. */
  readonly variant: Readonly<Record<string, Scalar>>;
  readonly conditions: Conditions;
  /** Tweets scored with each seed. */
  readonly n_tweets: number;
  readonly labels: readonly string[];
  /** Each evaluation by itself. */
  readonly seeds: readonly SeedResult[];
  readonly n_seeds: number;
  /** Seeds that other rows or the training of this model have and this row has not. */
  readonly missing_seeds: readonly Scalar[];
  readonly accuracy: Spread;
  readonly macro_f1: Spread;
  /** The mean over entities of their accuracies, RepLab's official measure; null where there are not several. */
  readonly official_accuracy: Spread | null;
  /** Over the timed inferences of all seeds whose evaluation is valid. */
  readonly latency_ms: Latency;
  /** 95 % interval of the median over windows and the inferences in them; null for one window. */
  readonly median_interval_ms: Interval | null;
  /** The same of the 90th and 99th percentiles; null where those are none, too. */
  readonly p90_interval_ms: Interval | null;
  readonly p99_interval_ms: Interval | null;
  /** Seeds whose evaluation is invalid: their timing is in no figure of this row and in no comparison. */
  readonly n_invalid: number;
  /** Seeds of which answers alone were wanted. */
  readonly n_untimed: number;
  /** Latency at 0, 0.5, ... 100 per cent of the inferences, milliseconds. */
  readonly latency_quantiles_ms: readonly number[];
  /** The highest of the seeds. */
  readonly peak_rss_bytes: number;
  /** The largest of the seeds. */
  readonly model_bytes: number;
  /** Rows are truth, summed over seeds. */
  readonly confusion: readonly (readonly number[])[];
  readonly per_class: readonly ClassResult[];
  /** Against the fp32 file of the same model under the same conditions; null where there is none. */
  readonly against_fp32: Comparison | null;
}

export interface SeedResult {
  readonly seed: Scalar | null;
  readonly instance: string;
  readonly key: string;
  readonly accuracy: number;
  readonly macro_f1: number;
  readonly latency_ms: Latency;
  readonly peak_rss_bytes: number;
  readonly model_bytes: number;
  readonly model_sha256: string;
  /** From the first timed inference to the last. */
  readonly wall_s: number;
  readonly verdict: Validity['verdict'];
  /** `host`: the device answered the first tweets as this machine did, which then answered all. */
  readonly answers_from: 'device' | 'host';
}

/** Paired by seed: both files come from the same fine-tuned weights and scored the same tweets. */
export interface Comparison {
  /** Seeds that both have. */
  readonly n_seeds: number;
  /** This row minus fp32. */
  readonly accuracy_difference: Spread;
  readonly macro_f1_difference: Spread;
  /**
   * 95 % intervals of both mean differences over tweets drawn again, each with its answers of both files and all paired
   * seeds; they do not hold the spread over seeds. Null where no answer changed: there is nothing to draw from.
   */
  readonly accuracy_difference_interval: Interval | null;
  readonly macro_f1_difference_interval: Interval | null;
  /** Share of tweets with the same predicted class, over all seeds. */
  readonly same_prediction: number;
  /** Tweets that fp32 got wrong and this row right, over all seeds. */
  readonly gained: number;
  /** Tweets that fp32 got right and this row wrong, over all seeds. */
  readonly lost: number;
  /** Median latency of fp32 divided by this row's, both over the paired seeds; null on an emulated device, and where none of these was timed. */
  readonly speed_up: number | null;
  /** 95 % interval of that; null where there is one window only. */
  readonly speed_up_interval: Interval | null;
  /** How likely as large a departure from 1 is by chance, corrected for all comparisons of the report (Holm). */
  readonly speed_up_p: number | null;
  /** Exact McNemar test of gained against lost, corrected in the same way. */
  readonly mcnemar_p: number;
  /** This file's size divided by that of fp32. */
  readonly size_ratio: number;
}

/** The choice under one set of conditions: the fastest row whose mean macro-F1 is within `tolerance` of the best (the smallest file where timing means nothing). */
export interface Answer {
  readonly device: string;
  /** The choice, a row of `results`. */
  readonly row: string;
  /** The row with the best mean macro-F1. */
  readonly best_row: string;
  /** How far below the best a choice may be. */
  readonly tolerance: number;
  /** What decided among the rows within the tolerance. */
  readonly by: 'latency' | 'size';
  /** Whether the chosen row has on average a better accuracy and a better macro-F1 than every baseline. */
  readonly beats_baseline: boolean;
}

export interface Deployment {
  readonly instance: string;
  readonly device: string;
  readonly transport: string;
  readonly sent_bytes: number;
  readonly total_bytes: number;
  readonly seconds: number;
}

/** What a device said of itself; one entry for each distinct answer. */
export interface Device {
  readonly device: string;
  readonly transport: string;
  readonly emulated: boolean | null;
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** The plain figures of a card whose form is the stage's own affair. */
export interface Card {
  readonly instance: string;
  readonly values: Readonly<Record<string, string>>;
}
