import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';
import { BenchFailure, measureCases, orThrow } from './bench-cases.js';
import { summarize } from './summarize.js';
import { timedProcess } from './timed-process.js';
import { type TrainingTiming, timedTraining } from './training-process.js';
import {
  TRAINER_DEFAULT,
  type TrainerSetting,
  type TrainingProgram,
  type TrainingTask,
} from './training-programs.js';
import { type TextLengths, writeEncodedTexts } from './training-texts.js';
import { drawEncoder, type OwnPython } from './worker-programs.js';

/** One model trained on generated texts. */
export interface TrainingCase {
  /** Part of the measures' names, for example `minilm_l6`. */
  readonly name: string;
  readonly preset: string;
  readonly lengths: TextLengths;
  readonly batchSize: number;
  /** Steps that are not timed; ours reports each tenth. */
  readonly warmUp: number;
  readonly steps: number;
}

/** Lengths of the yardstick, and texts as long as tweets, which each program makes its own batches of. */
export const TRAINING_CASES: readonly TrainingCase[] = [
  {
    name: 'minilm_l6',
    preset: 'minilm-l6',
    lengths: { kind: 'all', tokens: 32 },
    batchSize: 32,
    warmUp: 10,
    steps: 60,
  },
  {
    name: 'minilm_l6_tweets',
    preset: 'minilm-l6',
    lengths: { kind: 'tweets' },
    batchSize: 32,
    warmUp: 10,
    steps: 60,
  },
  {
    name: 'mobilebert',
    preset: 'mobilebert',
    lengths: { kind: 'all', tokens: 64 },
    batchSize: 32,
    warmUp: 10,
    steps: 30,
  },
];

/** Mixed precision on a graphics processor: 200 timed steps. */
export const GPU_CASES: readonly TrainingCase[] = [
  {
    name: 'bert_large',
    preset: 'bert-large',
    lengths: { kind: 'all', tokens: 64 },
    batchSize: 32,
    warmUp: 10,
    steps: 210,
  },
];

/** Texts of an epoch that a figure is extrapolated to. */
const EPOCH_TEXTS = 10_000;

/** How long an epoch would take at a measured speed; no measurement, and labelled so. */
export function extrapolatedEpoch(speed: BenchMeasure): BenchMeasure {
  const seconds = (value: number): number => EPOCH_TEXTS / value;
  return {
    measure: speed.measure.replace(/samples_per_s$/, 'epoch_extrapolated_s'),
    unit: 's',
    value: seconds(speed.value),
    min: seconds(speed.max),
    max: seconds(speed.min),
    n: speed.n,
    peers: {},
    note: `extrapolated, not measured: ${EPOCH_TEXTS} texts at the speed of ${speed.measure}`,
    host: speed.host,
  };
}

export interface TrainerPeer {
  /** With versions. */
  readonly name: string;
  program(setting: TrainerSetting): TrainingProgram;
  settings(lengthsDiffer: boolean): readonly TrainerSetting[];
}

export interface TrainingBenchOptions {
  readonly own: OwnPython;
  readonly program: TrainingProgram;
  readonly peer: TrainerPeer | null;
  /** Why there is none. */
  readonly withoutPeer?: string;
  readonly cases: readonly TrainingCase[];
  /** An empty folder of ours. */
  readonly folder: string;
  readonly repeats: number;
  readonly host: string;
  readonly signal: AbortSignal;
  onProgress(message: string): void;
  /** Called after each case, so that a failure of the next one takes nothing away. */
  onMeasured?(measures: readonly BenchMeasure[]): void;
}

/** What is promised: so many times the peer as it comes, and with its best setting. */
const TIMES_DEFAULT = 2;
const TIMES_BEST = 1.2;
const START_SECONDS = 20;

/** A setting is tried this long; what compiles longer, or computes slower, is not the best one. */
const TRIAL_WARM_UP = 2;
const TRIAL_STEPS = 6;
const TRIAL_SECONDS = 400;

/** Of a peer, whose steps are reported one by one: two make it warm. */
const PEER_WARM_UP = 2;

/**
 * Trains as a user does: whole processes, that of the stage and those of the peer taking turns, on the same texts from the same weights.
 * The error is what a program that was measured said when it failed.
 */
export async function benchTraining(
  options: TrainingBenchOptions,
): Promise<Result<readonly BenchMeasure[], string>> {
  return await measureCases(options.cases, (each) => measureCase(options, each), options.onMeasured);
}

async function measureCase(
  options: TrainingBenchOptions,
  given: TrainingCase,
): Promise<readonly BenchMeasure[]> {
  const task = await prepare(options, given);
  const best = options.peer === null ? null : await bestSetting(options, options.peer, given, task);
  const own: TrainingTiming[] = [];
  const byDefault: TrainingTiming[] = [];
  const byBest: TrainingTiming[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    const time = async (program: TrainingProgram, own: TrainingTask, warmUp: number) => {
      const which = `${given.name}: ${program.name}, ${repeat} of ${options.repeats}`;
      options.onProgress(which);
      const timing = orThrow(await train(options, program, given, own, warmUp));
      options.onProgress(
        `${which}: ${timing.samplesPerSecond.toFixed(1)} samples/s, the first step after ${timing.startToFirstStep.toFixed(1)} s`,
      );
      return timing;
    };
    own.push(await time(options.program, task, given.warmUp));
    if (options.peer === null || best === null) continue;
    const forPeer = peerTask(given, task);
    byDefault.push(await time(options.peer.program(TRAINER_DEFAULT), forPeer, PEER_WARM_UP));
    if (best.name === TRAINER_DEFAULT.name) continue;
    byBest.push(await time(options.peer.program(best), forPeer, PEER_WARM_UP));
  }
  rmSync(join(options.folder, given.name), { recursive: true, force: true });
  return measuresOf(options, given, { own, byDefault, byBest: byBest.length > 0 ? byBest : byDefault }, best);
}

/** As many timed steps as ours, after its own warm-up. */
function peerTask(given: TrainingCase, task: TrainingTask): TrainingTask {
  return { ...task, steps: task.steps - given.warmUp + PEER_WARM_UP };
}

async function prepare(options: TrainingBenchOptions, given: TrainingCase): Promise<TrainingTask> {
  options.onProgress(`${given.name}: drawing random weights and generating texts`);
  const folder = join(options.folder, given.name);
  const drawing = drawEncoder(options.own, given.preset, join(folder, 'encoder'));
  const drawn = await timedProcess(drawing.argv, { cwd: folder, env: drawing.env, signal: options.signal });
  orThrow(drawn);
  const fit = join(folder, 'fit');
  const texts = given.steps * given.batchSize;
  writeEncodedTexts(fit, { texts, validation: given.batchSize, lengths: given.lengths });
  return {
    encoder: join(folder, 'encoder', 'encoder'),
    fit,
    batchSize: given.batchSize,
    steps: given.steps,
  };
}

/** The fastest one in a short trial each. One that fails or does not end in time is left out, and said to be. */
async function bestSetting(
  options: TrainingBenchOptions,
  peer: TrainerPeer,
  given: TrainingCase,
  task: TrainingTask,
): Promise<TrainerSetting> {
  let best = { setting: TRAINER_DEFAULT, rate: 0 };
  for (const setting of [TRAINER_DEFAULT, ...peer.settings(given.lengths.kind === 'tweets')]) {
    options.onProgress(`${given.name}: trying ${setting.name}`);
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(TRIAL_SECONDS * 1000)]);
    const short = { ...task, steps: Math.min(task.steps, TRIAL_WARM_UP + TRIAL_STEPS) };
    const trial = await train(
      { ...options, signal: limit },
      peer.program(setting),
      given,
      short,
      TRIAL_WARM_UP,
    );
    if (options.signal.aborted) throw new BenchFailure('aborted');
    if (!trial.ok) options.onProgress(`${given.name}: without ${setting.name}: ${trial.error}`);
    else {
      options.onProgress(
        `${given.name}: ${setting.name}: ${trial.value.samplesPerSecond.toFixed(1)} samples/s`,
      );
      if (trial.value.samplesPerSecond > best.rate) best = { setting, rate: trial.value.samplesPerSecond };
    }
  }
  if (best.rate === 0) throw new BenchFailure(`${peer.name} does not train here with any of its settings`);
  return best.setting;
}

async function train(
  options: TrainingBenchOptions,
  program: TrainingProgram,
  given: TrainingCase,
  task: TrainingTask,
  warmUp: number,
): Promise<Result<TrainingTiming, string>> {
  const folder = join(options.folder, given.name, 'run');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { argv, env } = program.command(task, folder);
  const { batchSize, steps } = task;
  return await timedTraining({ argv, env, cwd: folder, batchSize, warmUp, steps }, options.signal);
}

function measuresOf(
  options: TrainingBenchOptions,
  given: TrainingCase,
  timings: {
    readonly own: readonly TrainingTiming[];
    readonly byDefault: readonly TrainingTiming[];
    readonly byBest: readonly TrainingTiming[];
  },
  best: TrainerSetting | null,
): readonly BenchMeasure[] {
  const { host } = options;
  const of = (figure: (timing: TrainingTiming) => number) => ({
    ...summarize(timings.own.map(figure)),
    peers:
      best === null
        ? {}
        : {
            trainer_default: summarize(timings.byDefault.map(figure)).value,
            trainer_best: summarize(timings.byBest.map(figure)).value,
          },
  });
  const speed = of((timing) => timing.samplesPerSecond);
  const { trainer_default: usual, trainer_best: fastest } = speed.peers;
  const limit =
    usual === undefined || fastest === undefined
      ? {}
      : {
          limit: { kind: 'at-least', value: Math.max(TIMES_DEFAULT * usual, TIMES_BEST * fastest) } as const,
        };
  const note = [shape(given), peerNote(options, best)].filter((part) => part !== '').join('; ');
  return [
    { measure: `train_${given.name}_samples_per_s`, unit: 'samples/s', ...speed, ...limit, note, host },
    {
      measure: `train_${given.name}_start_to_first_step_s`,
      unit: 's',
      ...of((timing) => timing.startToFirstStep),
      limit: { kind: 'at-most', value: START_SECONDS },
      note: 'from the start of the process until the first update is done, TensorFlow, weights and tracing included',
      host,
    },
    {
      measure: `train_${given.name}_peak_rss_mb`,
      unit: 'MB',
      ...of((timing) => timing.peakBytes / 1e6),
      host,
    },
  ];
}

function shape({ lengths, batchSize }: TrainingCase): string {
  const texts =
    lengths.kind === 'all'
      ? `texts of ${lengths.tokens} tokens`
      : 'texts as long as tweets, each program batching them its own way';
  return `batches of ${batchSize} ${texts}`;
}

function peerNote({ peer, withoutPeer }: TrainingBenchOptions, best: TrainerSetting | null): string {
  if (peer === null || best === null) return withoutPeer ?? '';
  return `peers are ${peer.name}, best with: ${best.name}; promised: ${TIMES_DEFAULT} times default and ${TIMES_BEST} times best`;
}
