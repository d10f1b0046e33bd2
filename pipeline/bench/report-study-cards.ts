import type { Json } from '../base/canonical.js';
import { groupAccuracy } from '../base/group-accuracy.js';
import { randomFrom, seedOfText } from '../base/random.js';
import { type BoardTrait, layoutOf } from './report-study-series.js';

export const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'] as const;
const CLASSES = LABELS.length;
const ENTITIES = 61;

export interface Tweet {
  readonly id: string;
  readonly entity: string;
  readonly label: number;
}

export interface Answer extends Tweet {
  readonly predicted: number;
  readonly logits: readonly number[];
}

/** Entities of uneven size, and classes as uneven as RepLab's. */
export function madeUpTweets(count: number, first: bigint): Tweet[] {
  const random = randomFrom(seedOfText(`tweets from ${first}`));
  return Array.from({ length: count }, (_, index) => {
    const share = random();
    const entity = Math.floor(ENTITIES * random() ** 1.6);
    return {
      id: String(first + BigInt(index)),
      entity: `SY2013D01E${String(entity + 1).padStart(3, '0')}`,
      label: share < 0.12 ? 0 : share < 0.36 ? 1 : 2,
    };
  });
}

/** @param skill share of tweets whose class it knows */
export function madeUpAnswers(tweets: readonly Tweet[], skill: number, seed: string): Answer[] {
  const random = randomFrom(seedOfText(seed));
  return tweets.map((tweet) => {
    const predicted = random() < skill ? tweet.label : Math.floor(random() ** 0.8 * CLASSES);
    const logits = LABELS.map((_, index) =>
      Number((random() + (index === predicted ? 1 + 2 * random() : 0)).toPrecision(9)),
    );
    return { ...tweet, predicted, logits };
  });
}

/** Answers of the same model at less precision: a few are others. */
export function changedAnswers(answers: readonly Answer[], share: number, seed: string): Answer[] {
  const random = randomFrom(seedOfText(seed));
  return answers.map((answer) => {
    if (random() >= share) return answer;
    const predicted = (answer.predicted + 1) % CLASSES;
    const highest = Math.max(...answer.logits);
    return {
      ...answer,
      predicted,
      logits: answer.logits.map((logit, index) => (index === predicted ? highest + 0.1 : logit)),
    };
  });
}

export interface Scores {
  readonly accuracy: number;
  readonly macro_f1: number;
  readonly official_accuracy: number | null;
  readonly per_class: Json;
  readonly confusion: number[][];
}

export function scoresOf(answers: readonly Answer[]): Scores {
  const confusion = LABELS.map(() => LABELS.map(() => 0));
  for (const { label, predicted } of answers) {
    const row = confusion[label];
    if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1;
  }
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const per_class = LABELS.map((label, index) => {
    const hits = confusion[index]?.[index] ?? 0;
    const support = sum(confusion[index] ?? []);
    const chosen = sum(confusion.map((row) => row[index] ?? 0));
    const precision = chosen === 0 ? 0 : hits / chosen;
    const recall = support === 0 ? 0 : hits / support;
    return {
      label,
      precision,
      recall,
      f1: chosen + support === 0 ? 0 : (2 * hits) / (chosen + support),
      support,
    };
  });
  const right = sum(confusion.map((row, index) => row[index] ?? 0));
  return {
    accuracy: right / answers.length,
    macro_f1: sum(per_class.map(({ f1 }) => f1)) / CLASSES,
    official_accuracy: groupAccuracy(
      answers.map(({ entity }) => entity),
      answers.map(({ label }) => label),
      answers.map(({ predicted }) => predicted),
    ),
    per_class,
    confusion,
  };
}

export function countsOf(tweets: readonly Tweet[]): Record<string, number> {
  return Object.fromEntries(
    LABELS.map((name, index) => [name, tweets.filter(({ label }) => label === index).length]),
  );
}

const STEPS_PER_EPOCH = 755;
const EPOCHS = 3;

export function trainingLog(seed: string, validation: Scores, parameters: number): Json {
  const random = randomFrom(seedOfText(`${seed} training`));
  const epochs = Array.from({ length: EPOCHS }, (_, index) => {
    const isLast = index === EPOCHS - 1;
    return {
      epoch: index + 1,
      train_loss: 1.05 / (index + 1) ** 0.4 + random() * 0.03,
      validation_loss: 0.98 / (index + 1) ** 0.25 + random() * 0.04,
      validation_accuracy: isLast ? validation.accuracy : validation.accuracy * 0.95,
      validation_macro_f1: isLast ? validation.macro_f1 : validation.macro_f1 * 0.9,
      seconds: 310 + random() * 10,
      samples_per_s: 75 + random() * 5,
    };
  });
  const loss = Array.from({ length: EPOCHS * STEPS_PER_EPOCH }, (_, step) => [
    step + 1,
    1.1 / (1 + step / 250) ** 0.6 + (random() - 0.5) * 0.3,
  ]);
  return {
    ...{
      schema: 1,
      options: {},
      precision: 'float32',
      threads: 2,
      parameters,
      steps_per_epoch: STEPS_PER_EPOCH,
    },
    ...{ epochs, best_epoch: EPOCHS, loss, confusion: validation.confusion, labels: [...LABELS] },
    peak_rss_bytes: 1_400_000_000,
  };
}

export function conversionCard(precision: string, bytes: number, macroF1: number): Json {
  const isInt8 = precision === 'int8';
  return {
    ...{ schema: 1, precision, sequence_length: 'dynamic', bytes, sha256: 'made up', op_count: 208 },
    ops: { FULLY_CONNECTED: 38, RESHAPE: 60, BATCH_MATMUL: 12, ADD: 55, MUL: 31, GELU: 6, SOFTMAX: 6 },
    ...{ stands_alone: true, labels: [...LABELS], max_length: 128, seconds: 7.2 },
    versions: { tensorflow: '2.21.0', litert: '2.3.0' },
    bytes_by_part: { embedding: Math.floor(bytes / 2), structure: Math.ceil(bytes / 2) },
    rewrites: ['fold_norms', 'merge_siblings'],
    parity: {
      texts: 512,
      max_abs_logit_difference: isInt8 ? 0.083 : 2.1e-6,
      mean_abs_logit_difference: isInt8 ? 0.011 : 3.2e-7,
      argmax_agreement: isInt8 ? 0.984375 : 1,
      saved_model_macro_f1: macroF1,
      macro_f1: macroF1,
      ...{
        only_saved_model_right: isInt8 ? 5 : 0,
        only_file_right: isInt8 ? 3 : 0,
        mcnemar_p: isInt8 ? 0.7266 : 1,
      },
    },
    worst_weights: isInt8
      ? [{ name: 'embeddings.word_embeddings.weight', kind: 'INT8', relative: 0.031, max_abs: 0.0042 }]
      : [],
    gates: [{ name: 'macro_f1_difference', limit: 0.01, value: 0.001, passed: true }],
  };
}

export function probeOf(device: string, board: BoardTrait): Record<string, Json> {
  return {
    ...{ device, transport: 'ssh', hostname: `${device}-host`, model: `made up, named ${device}` },
    ...{ os: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.6.31', architecture: 'aarch64' },
    ...{ cpu_count: board.cpuCount, memory_bytes: board.memoryBytes, free_disk_bytes: 18_000_000_000 },
    ...{ governor: 'ondemand', python: '3.11.2', litert: '2.3.0', psutil: '7.1.0' },
    ...{ board_id: '0123456789ab', clock_offset_s: 0.002, emulated: false },
  };
}

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
];

export interface Measurement {
  readonly device: string;
  readonly board: BoardTrait;
  readonly seconds: number;
  readonly windows: number;
  /** Inferences of each window. */
  readonly inferences: readonly number[];
  readonly bytes: number;
  readonly digest: string;
  readonly residentBytes: number;
}

export function evaluationDocument(one: Measurement, scores: Scores, n: number): Json {
  const { device, board, seconds, bytes, inferences } = one;
  const layout = layoutOf(seconds, one.windows);
  const [first] = layout.windows;
  const each = first === undefined ? 0 : first.to - first.from;
  const rest = Math.round(seconds / 30);
  const protocol = {
    ...{ name: 'study', before_s: rest, after_s: rest, warmup: 100, sample_hz: 10, rest_s: rest },
    windows: { count: one.windows, inferences: 1024, seconds: each, steady_s: 60 },
    governor: 'pinned',
  };
  return {
    ...{ schema: 1, device, transport: 'ssh', emulated: false, probe: probeOf(device, board), protocol, n },
    runtime: { litert: '2.3.0', delegate: 'xnnpack', threads: 1 },
    ...{ labels: [...LABELS], ...scores, latency_ms: {}, wall_s: layout.during.to - layout.during.from },
    ...{ model_bytes: bytes, model_sha256: one.digest, peak_rss_bytes: one.residentBytes },
    ...{ clock: 'time.perf_counter', sampler: '/proc and /sys', truncated: 0, verdict: 'valid' },
    gates: GATES.map((gate) => ({ gate, verdict: 'passed', message: 'made up', samples: [] })),
    energy: energyOf(board, inferences, each),
  };
}

const uncertain = (value: number): Json => ({ value, u_k2: value * 0.01 });

function energyOf({ workWatts, idleWatts }: BoardTrait, inferences: readonly number[], each: number): Json {
  const total = inferences.reduce((sum, count) => sum + count, 0);
  const joules = (count: number, seconds: number): number => (workWatts * seconds) / count;
  const net = (gross: number): number => (gross * (workWatts - idleWatts)) / workWatts;
  const gross = joules(total, each * inferences.length);
  return {
    ...{ meter: 'made-up', power_class: 'measured_inline', emulated: false, calibrated: true },
    ...{ verdict: 'valid', findings: [], measured_s: each * inferences.length, needed_s: 600, short: false },
    inferences: total,
    gross_j_per_inference: uncertain(gross),
    net_j_per_inference: uncertain(net(gross)),
    inferences_per_joule: uncertain(1 / gross),
    ...{ mean_w: uncertain(workWatts), idle_w: uncertain(idleWatts), total: null },
    windows: inferences.map((count, index) => ({
      ...{ window: index + 1, inferences: count },
      gross_j_per_inference: uncertain(joules(count, each)),
      net_j_per_inference: uncertain(net(joules(count, each))),
    })),
  };
}
