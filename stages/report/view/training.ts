import { figureGrid, lineChart } from '../../../pipeline/report/chart.js';
import {
  counted,
  formatBytes,
  formatNumber,
  formatSeconds,
  formatShort,
  listed,
} from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { cell, folded, table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { Epoch, TrainingRun } from '../model/training.js';
import { groupBy } from '../order.js';
import { numeric, score, seedText, value } from './cells.js';
import { recordLink } from './record-link.js';

/** With its stage where several train: the same model may be fine-tuned and distilled. */
function nameAmong(runs: readonly TrainingRun[]): (run: TrainingRun) => string {
  const isOne = new Set(runs.map(({ stage }) => stage)).size < 2;
  return ({ model, variant, stage }) => modelName(model, isOne ? variant : { ...variant, stage });
}

/** `epoch 2`, or the mean of weights that was better. */
const keptOf = ({ best_epoch, kept }: TrainingRun): string =>
  kept === 'average' ? `average, epoch ${best_epoch}` : `epoch ${best_epoch}`;
const seedName = (run: TrainingRun): string => (run.seed === null ? 'run' : `seed ${run.seed}`);

function lessonsOf({ distilled }: TrainingRun): string {
  if (distilled === null) return 'labels';
  const { from, temperature, alpha } = distilled;
  return `labels and ${counted(from.length, 'teacher')} (T ${temperature}, alpha ${alpha})`;
}

function curvesOf(runs: readonly TrainingRun[], name: string, index: number): Html {
  const perEpoch = (pick: (epoch: Epoch) => number) =>
    runs.map((run, style) => ({
      name: seedName(run),
      style,
      markers: true,
      points: run.epochs.map((epoch) => [epoch.epoch, pick(epoch)] as const),
    }));
  const finalLosses = runs.map(
    (run) => `${seedName(run)} ${formatShort(run.epochs.at(-1)?.train_loss ?? Number.NaN)}`,
  );
  const lowest = runs.map(
    (run) =>
      `${seedName(run)} ${formatShort(run.epochs.reduce((low, { validation_loss }) => Math.min(low, validation_loss), Number.POSITIVE_INFINITY))}`,
  );
  const best = runs.map(
    (run) =>
      `${seedName(run)} ${formatNumber(run.best?.validation_macro_f1 ?? Number.NaN, 3)} (${keptOf(run)})`,
  );
  const accuracies = runs.map(
    (run) =>
      `${seedName(run)} ${formatNumber(run.best?.validation_accuracy ?? Number.NaN, 3)} (${keptOf(run)})`,
  );
  const epochs = { label: 'Epoch', integer: true };
  return figureGrid([
    lineChart({
      id: `training-${index}-loss`,
      title: `${name}: training loss`,
      data: { href: 'report.json', text: 'Data: training[].loss and loss_trend of report.json' },
      description: `Mean training loss of the last epoch: ${listed(finalLosses)}.`,
      caption: `Loss of the training steps (thin) and its mean over equal runs of steps; mean of the last epoch: ${listed(finalLosses)}.`,
      x: { label: 'Step', integer: true },
      // A distillation's is no cross-entropy: part of it is the distance from the teachers.
      y: {
        label: runs.every(({ distilled }) => distilled === null) ? 'Cross-entropy (nats)' : 'Loss (nats)',
        minimum: 0,
      },
      series: [
        ...runs.map((run, style) => ({
          name: seedName(run),
          style,
          points: run.loss.points,
          isBackground: true,
        })),
        ...runs.map((run, style) => ({ name: seedName(run), style, points: run.loss_trend })),
      ],
    }),
    lineChart({
      id: `training-${index}-validation-loss`,
      title: `${name}: validation loss`,
      description: `Lowest validation loss: ${listed(lowest)}.`,
      caption: `Loss on the validation split after each epoch; lowest: ${listed(lowest)}.`,
      x: epochs,
      y: { label: 'Cross-entropy (nats); the axis does not start at 0' },
      series: perEpoch(({ validation_loss }) => validation_loss),
    }),
    lineChart({
      id: `training-${index}-macro-f1`,
      title: `${name}: validation macro-F1`,
      description: `Macro-F1 of what was kept: ${listed(best)}.`,
      caption: `Macro-F1 on the validation split after each epoch; the best is kept: ${listed(best)}.`,
      x: epochs,
      y: { label: 'Macro-F1; the axis does not start at 0' },
      series: perEpoch(({ validation_macro_f1 }) => validation_macro_f1),
    }),
    lineChart({
      id: `training-${index}-accuracy`,
      title: `${name}: validation accuracy`,
      description: `Accuracy of what was kept: ${listed(accuracies)}.`,
      caption: `Accuracy on the validation split after each epoch; of what was kept: ${listed(accuracies)}.`,
      x: epochs,
      y: { label: 'Accuracy; the axis does not start at 0' },
      series: perEpoch(({ validation_accuracy }) => validation_accuracy),
    }),
  ]);
}

function runTable(runs: readonly TrainingRun[]): Html {
  const nameOf = nameAmong(runs);
  const resumed = runs.filter(({ resumed_at }) => resumed_at.length > 0).length;
  return table({
    id: 'training-table',
    title: 'Trainings',
    headers: 2,
    caption: `Each training: validation figures are those of what was kept, whose macro-F1 on validation is best.${resumed > 0 ? ` ${counted(resumed, 'training was', 'trainings were')} killed and went on where ${resumed === 1 ? 'it' : 'they'} had been.` : ''}`,
    columns: [
      { header: 'Model' },
      { header: 'Seed' },
      { header: 'Learnt from' },
      numeric('Epochs', 'Epochs', 'Stopped early'),
      numeric('Epoch kept', 'Epoch kept', 'Kept'),
      numeric('Validation accuracy'),
      numeric('Validation macro-F1'),
      numeric('Time in epochs', 'Time in epochs (s)'),
      numeric('Samples per s'),
      numeric('Parameters (million)', 'Parameters'),
      numeric('Peak RSS', 'Peak RSS (bytes)'),
      { header: 'Arithmetic' },
    ],
    rows: runs.map((run) => {
      const last = run.epochs.at(-1);
      const seconds = run.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
      return {
        cells: [
          nameOf(run),
          recordLink(run.instance, seedText(run.seed)),
          lessonsOf(run),
          cell(
            `${run.epochs.length}${run.stopped_early ? ', stopped early' : ''}`,
            run.epochs.length,
            run.stopped_early ? 'yes' : 'no',
          ),
          cell(`${run.best_epoch}${run.kept === 'average' ? ', average' : ''}`, run.best_epoch, run.kept),
          value(run.best?.validation_accuracy ?? Number.NaN, score),
          value(run.best?.validation_macro_f1 ?? Number.NaN, score),
          value(seconds, formatSeconds),
          value(last?.samples_per_s ?? Number.NaN, formatNumber),
          value(run.parameters, (count) => formatNumber(count / 1e6, 1), 'not recorded'),
          value(run.peak_rss_bytes, formatBytes, 'not recorded'),
          run.precision,
        ],
      };
    }),
  });
}

function epochTable(runs: readonly TrainingRun[]): Html {
  const nameOf = nameAmong(runs);
  return table({
    id: 'epoch-table',
    title: 'Epochs',
    headers: 3,
    caption: 'Every epoch of every training.',
    columns: [
      { header: 'Model' },
      { header: 'Seed' },
      numeric('Epoch'),
      numeric('Training loss'),
      numeric('Validation loss'),
      numeric('Validation accuracy'),
      numeric('Validation macro-F1'),
      numeric('Time', 'Time (s)'),
    ],
    rows: runs.flatMap((run) =>
      run.epochs.map((epoch) => ({
        cells: [
          nameOf(run),
          seedText(run.seed),
          epoch.epoch,
          value(epoch.train_loss, (loss) => formatNumber(loss, 4)),
          value(epoch.validation_loss, (loss) => formatNumber(loss, 4)),
          value(epoch.validation_accuracy, score),
          value(epoch.validation_macro_f1, score),
          value(epoch.seconds, formatSeconds),
        ],
      })),
    ),
  });
}

export function trainingView(runs: readonly TrainingRun[]): Html {
  if (runs.length === 0) return html`<p class="absent">No training log in this run.</p>`;
  const groups = [...groupBy(runs, nameAmong(runs))];
  return html`${runTable(runs)}${groups.map(
    ([name, own], index) =>
      html`<h3>${name}, ${counted(own.length, 'training')}</h3>${curvesOf(own, name, index + 1)}`,
  )}${folded('All epochs in numbers', epochTable(runs))}`;
}
