import type { Scalar } from '../../../pipeline/contract/config.js';
import { counted, formatNumber, listed } from '../../../pipeline/report/format.js';
import type { ReportModel } from '../model/report.js';
import type { TrainingRun } from '../model/training.js';
import { compareNaturally, compareScalars, groupBy } from '../order.js';

/** Of these the text says something by itself, or they change no result. */
const TOLD = new Set(['precision', 'processor', 'threads']);
/** Values that mean that nothing was done. */
const OFF: Readonly<Record<string, Scalar>> = {
  gradient_accumulation: 1,
  layer_learning_rate_decay: 1,
  class_weights: 'none',
  label_smoothing: 0,
  average: 'none',
};

/** How the models were trained: one sentence for those that were trained alike. */
export function trainingMethods({ training }: Pick<ReportModel, 'training'>): string {
  if (training.length === 0) return '';
  const alike = groupBy(training, ({ stage, settings, precision, machine, distilled }) =>
    JSON.stringify([stage, Object.entries(settings).sort(), precision, machine, distilled]),
  );
  return [
    ...[...alike.values()].map(groupMethods),
    'The optimiser is AdamW without decay of norms and biases, with linear warm-up and decay of the learning rate.',
    'Of each training the epoch with the best macro-F1 on validation was kept; the test tweets were no input of it.',
  ].join(' ');
}

function groupMethods(runs: readonly TrainingRun[]): string {
  const [first] = runs;
  if (first === undefined) return '';
  const models = [...groupBy(runs, ({ model }) => model)]
    .sort(([a], [b]) => compareNaturally(a, b))
    .map(([model, own]) => {
      const parameters = own[0]?.parameters ?? null;
      return parameters === null ? model : `${model} (${formatNumber(parameters)} parameters)`;
    });
  const seeds = [...new Set(runs.flatMap(({ seed }) => (seed === null ? [] : [seed])))].sort(compareScalars);
  const verb = models.length === 1 ? 'was' : 'were';
  const where = first.machine === null ? '' : ` on ${first.machine}`;
  const settings = settingsText(first);
  return [
    `${listed(models)} ${verb} ${lessonsOf(first)}`,
    seeds.length === 0 ? '' : ` with ${seeds.length === 1 ? 'seed' : 'seeds'} ${listed(seeds.map(String))}`,
    settings === '' ? '' : ` (${settings})`,
    `, computed in ${first.precision}${where}.`,
  ].join('');
}

function lessonsOf({ distilled }: TrainingRun): string {
  if (distilled === null) return 'fine-tuned';
  const { from, temperature, alpha } = distilled;
  return `distilled from ${counted(from.length, 'teacher')} (temperature ${temperature}, alpha ${alpha})`;
}

function settingsText({ settings }: TrainingRun): string {
  return Object.entries(settings)
    .filter(([name, value]) => !TOLD.has(name) && OFF[name] !== value)
    .filter(([name]) => name !== 'average_decay' || settings.average === 'ema')
    .filter(([name]) => !['temperature', 'alpha'].includes(name))
    .sort(([a], [b]) => compareNaturally(a, b))
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${String(value)}`)
    .join(', ');
}
