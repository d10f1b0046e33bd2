import { counted, formatBytes, formatNumber, listed } from '../../../pipeline/report/format.js';
import type { Conditions, ReportModel } from '../model/report.js';
import { compareNaturally } from '../order.js';
import { sentences, unique, wasOrWere } from './methods-text.js';

type Measurements = Pick<ReportModel, 'results' | 'validity' | 'answers' | 'emulated_devices' | 'devices'>;

const PRECISIONS: Readonly<Record<string, string>> = {
  fp32: 'fp32 (32-bit floating-point weights)',
  fp16: 'fp16 (weights stored as 16-bit floating-point numbers, widened on loading)',
  int8: 'int8 (dynamic range: weights as 8-bit integers with a scale for each output channel, activations quantised at run time)',
};

export function conversionMethods({
  conversions,
  training,
}: Pick<ReportModel, 'conversions' | 'training'>): string {
  if (conversions.length === 0) return '';
  // Those of a model stand in the order of their size.
  const precisions = [...new Set(conversions.map(({ precision }) => precision))];
  const models = unique(conversions.map(({ model }) => model));
  const isAll = training.every(({ model }) => models.includes(model));
  const versions = unique(conversions.map((one) => versionsText(one.versions)));
  const rewrites = unique(conversions.flatMap((one) => one.rewrites));
  const texts = unique(conversions.map(({ parity }) => formatNumber(parity.texts)));
  const accepted = conversions.filter((one) => one.accepted !== null).length;
  return sentences([
    `${isAll ? 'Each trained model' : `Each training of ${listed(models)}`} was exported as a TensorFlow SavedModel and converted to TFLite at ${listed(
      precisions.map((name) => PRECISIONS[name] ?? name),
    )}${versions.join('; ') === '' ? '' : `, with ${versions.join('; ')}`}.`,
    rewrites.length > 0 && `The graph was rewritten first (${rewrites.join(', ')}).`,
    `Each file was compared with its SavedModel on ${listed(texts)} validation texts.`,
    accepted > 0 &&
      `${counted(accepted, 'file')} past a limit of that comparison ${wasOrWere(accepted)} used.`,
  ]);
}

const NAMES: Readonly<Record<string, string>> = {
  keras: 'Keras',
  litert: 'LiteRT',
  tensorflow: 'TensorFlow',
};

const versionsText = (versions: Readonly<Record<string, string>>): string =>
  listed(
    Object.entries(versions)
      .sort(([a], [b]) => compareNaturally(a, b))
      .map(([name, version]) => `${NAMES[name] ?? name} ${version}`),
  );

/** `rpi4b (Raspberry Pi 4 Model B, 4 cores, 4.0 GB, Debian 12)`: as far as the device told. */
function deviceText(name: string, { devices }: Pick<ReportModel, 'devices'>): string {
  const known = unique(
    devices
      .filter(({ device }) => device === name)
      .map(({ facts }) => {
        const { model, cpu_count, memory_bytes, os } = facts;
        return [
          model,
          typeof cpu_count === 'number' ? counted(cpu_count, 'core') : null,
          typeof memory_bytes === 'number' ? formatBytes(memory_bytes) : null,
          os,
        ]
          .filter((part) => part !== null && part !== undefined)
          .join(', ');
      }),
  ).filter((text) => text !== '');
  return known.length === 0 ? name : `${name} (${known.join('; ')})`;
}

export function measuringMethods(model: Measurements): string {
  const { results, validity, answers, emulated_devices } = model;
  if (results.length === 0) return '';
  const conditions = results.map((row) => row.conditions);
  const devices = unique(conditions.map(({ device }) => device));
  const told = (pick: (one: Conditions) => string): string[] => unique(conditions.map(pick));
  const invalid = validity.filter(({ verdict }) => verdict === 'invalid').length;
  const untimed = validity.filter(({ verdict }) => verdict === 'not-timed').length;
  const byHost = results.flatMap(({ seeds }) => seeds).some((seed) => seed.answers_from === 'host');
  return sentences([
    `The files were measured on ${listed(devices.map((name) => deviceText(name, model)))}.`,
    `They ran under ${told(({ runtime }) => runtime).join('; ')}.`,
    ...emulated_devices.map(
      (name) => `${name} is emulated: latency, processor use and memory there mean nothing.`,
    ),
    `Scores are over ${listed(unique(results.map((row) => counted(row.n_tweets, 'test tweet'))))}.`,
    byHost &&
      'Of some evaluations this machine gave the answers, after the device had answered the first tweets in the same way.',
    `Latency is that of one inference of one tweet, in milliseconds; the protocol was ${told(({ protocol }) => protocol).join('; ')}.`,
    invalid > 0 &&
      `The timing of ${formatNumber(invalid)} of ${counted(validity.length, 'evaluation')} failed a check of its validity and is in no figure.`,
    untimed > 0 && `Of ${counted(untimed, 'evaluation')} answers alone were wanted, without timing.`,
    answers.length > 0 &&
      `For each set of conditions, the ${
        answers.every(({ by }) => by === 'size') ? 'smallest' : 'fastest'
      } file within ${formatNumber(answers[0]?.tolerance ?? 0, 2)} of the best mean macro-F1 was chosen, by its test scores.`,
  ]);
}

const CLASSES: Readonly<Record<string, string>> = {
  measured_inline: 'measures the supply of the whole device',
  partial: 'measures a part of the device',
  modelled: 'is a model, not a measurement',
};

export function energyMethods({ energy }: Pick<ReportModel, 'energy'>): string {
  const all = energy.flatMap(({ results }) => results);
  if (all.length === 0) return '';
  const meters = unique(
    all.map(
      ({ meter, power_class, emulated, calibrated }) =>
        `The meter ${meter} ${CLASSES[power_class] ?? power_class}${emulated ? ', emulated' : ''}${calibrated ? ', calibrated' : ', not calibrated'}.`,
    ),
  );
  const invalid = all.filter((one) => one.invalid.length > 0).length;
  const short = all.filter((one) => one.short).length;
  const hasProduct = all.some(({ edp_js }) => (edp_js ?? null) !== null);
  return sentences([
    'Energy is the integral of power over the timed windows divided by the inferences in them; net energy is less idle power.',
    hasProduct &&
      'The energy-delay product is gross energy times the time of the windows, both for each inference (Gonzalez and Horowitz 1996).',
    ...meters,
    'Uncertainties of energy are expanded (k = 2), by a Monte Carlo over what the meter does not know (GUM Supplement 1).',
    invalid > 0 &&
      `${formatNumber(invalid)} of ${counted(all.length, 'energy', 'energies')} ${wasOrWere(invalid)} not valid.`,
    short > 0 &&
      `${counted(short, 'energy', 'energies')} ${wasOrWere(short)} measured for less time than a figure to publish needs.`,
  ]);
}

const COSTS: Readonly<Record<ReportModel['pareto'][number]['cost'], string>> = {
  latency: 'median latency',
  energy: 'gross energy',
  size: 'size',
};

export function statisticsMethods({
  results,
  inspections,
  baselines,
  pareto,
}: Pick<ReportModel, 'results' | 'inspections' | 'baselines' | 'pareto'>): string {
  if (results.length === 0) return '';
  const compared = results.some((row) => row.against_fp32 !== null);
  const hasPaired = results.some((row) => (row.against_fp32?.macro_f1_difference_interval ?? null) !== null);
  const intervals = (
    [
      ['median latencies', 'median_interval_ms'],
      ['90th percentiles', 'p90_interval_ms'],
      ['99th percentiles', 'p99_interval_ms'],
    ] as const
  ).flatMap(([name, member]) => (results.some((row) => row[member] !== null) ? [name] : []));
  const costs = unique(pareto.filter(({ points }) => points.length > 1).map(({ cost }) => COSTS[cost]));
  return sentences([
    'Macro-F1 is the unweighted mean of the F1 of the classes; a class that was never predicted counts 0.',
    results.some((row) => row.official_accuracy !== null) &&
      'Official accuracy is the unweighted mean over entities of their accuracies, as RepLab has it.',
    results.some((row) => row.n_seeds > 1) &&
      'Scores are means over seeds with the sample standard deviation (n - 1).',
    inspections.length > 0 &&
      'Their 95 % intervals are of a mean over seeds for as many other tweets: Wilson for accuracy, the delta method on the confusion matrix for macro-F1 (Takahashi et al. 2022).',
    'Percentiles of latency are taken over all timed inferences, by linear interpolation between order statistics.',
    intervals.length > 0 &&
      `The 95 % intervals of ${listed(intervals)} are a cluster bootstrap over windows and the inferences in them (1,000 resamples).`,
    compared &&
      'Files were compared with the fp32 file of the same weights, paired by seed: answers by the exact McNemar test, median latencies by their ratio. Both p values were corrected for all comparisons by the method of Holm.',
    hasPaired &&
      'Differences in accuracy and macro-F1 from fp32 have 95 % intervals of a paired bootstrap over tweets (1,000 resamples; Koehn 2004).',
    costs.length > 0 &&
      `A file is dominated, in macro-F1 and each of ${listed(costs)}, by one under the same conditions that is at least as good in both and better in one; the others are the Pareto front.`,
    inspections.some(({ calibration }) => calibration !== null) &&
      'Calibration is the expected calibration error in 15 bins of equal width (Guo et al. 2017).',
    baselines.length > 0 &&
      `Baselines are ${listed(unique(baselines.map(({ kind, name }) => (kind === 'majority' ? 'the most frequent class of the test set' : `${name} on words`))))}.`,
  ]);
}
