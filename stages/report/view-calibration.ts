import { figureGrid, lineChart } from '../../pipeline/report/chart.js';
import { ABSENT, formatNumber, formatPercent, formatSigned, listed } from '../../pipeline/report/format.js';
import { type Html, html } from '../../pipeline/report/html.js';
import { folded, table } from '../../pipeline/report/table.js';
import { modelName } from './build-notices.js';
import { inspectedOn, inspectionName } from './inspection-name.js';
import type { ReportModel } from './model.js';
import type { Calibration, Inspection } from './model-inspection.js';
import { groupBy } from './order.js';
import { spread } from './view-results.js';

type Calibrated = Inspection & { readonly calibration: Calibration };

const isCalibrated = (one: Inspection): one is Calibrated => one.calibration !== null;

const score = (value: number): string => formatNumber(value, 3);
const numeric = (header: string) => ({ header, numeric: true });
const percent = (value: number | null): string => (value === null ? ABSENT : formatPercent(value));

/** Fewer answers than this say little about their share of right ones: they are left to the table. */
const DRAWN_ANSWERS = 20;

/** `test int8`: what tells the lines of one model's chart apart. */
const lineName = ({ split, precision, devices }: Inspection, several: boolean): string =>
  [split, precision, several && devices.length > 0 && `on ${listed(devices)}`].filter(Boolean).join(' ');

function chartOf(own: readonly Calibrated[], index: number): Html {
  const [first] = own;
  if (first === undefined) return html``;
  const several = new Set(own.map(({ devices }) => listed(devices))).size > 2;
  const errors = own.map((one) => `${lineName(one, several)} ${score(one.calibration.expected_error.mean)}`);
  return lineChart({
    id: `calibration-${index + 1}`,
    title: modelName(first.model, first.variant),
    description: `Expected calibration error: ${listed(errors)}.`,
    caption: `Of the answers that were given about this probability, so many are right, over all seeds (groups of ${DRAWN_ANSWERS} or more). On the straight line a probability means what it says; below it the model is too sure. Expected calibration error: ${listed(errors)}.`,
    x: { label: 'Probability of the answer (%)', minimum: 0, maximum: 100 },
    y: { label: 'Right answers (%)', minimum: 0, maximum: 100 },
    series: [
      {
        name: 'as it should be',
        style: 5,
        isBackground: true,
        points: [
          [0, 0],
          [100, 100],
        ],
      },
      ...own.map((one, style) => ({
        name: lineName(one, several),
        style,
        markers: true,
        points: one.calibration.bins.flatMap(({ n, confidence, accuracy }) =>
          confidence === null || accuracy === null || n < DRAWN_ANSWERS
            ? []
            : [[100 * confidence, 100 * accuracy] as const],
        ),
      })),
    ],
  });
}

function summaryTable(all: readonly Calibrated[]): Html {
  return table({
    id: 'calibration-table',
    headers: 2,
    caption:
      'Calibration, mean ± sample standard deviation over seeds. Expected calibration error: the mean distance between probability and share of right answers over 15 bins of equal width, weighted by their tweets (Guo et al. 2017, On Calibration of Modern Neural Networks, equation 3); 0 is best, and few tweets alone make it larger. Surplus is mean probability minus accuracy: above 0 the model is too sure.',
    columns: [
      { header: 'Model' },
      { header: 'Split' },
      { header: 'Precision and device' },
      numeric('Expected calibration error'),
      numeric('Mean probability'),
      numeric('Accuracy'),
      numeric('Surplus'),
      numeric('Log loss (nats)'),
    ],
    rows: all.map((one) => {
      const { expected_error, mean_confidence, log_loss } = one.calibration;
      return {
        cells: [
          modelName(one.model, one.variant),
          one.split,
          inspectedOn(one),
          spread(expected_error, score),
          spread(mean_confidence, score),
          spread(one.accuracy, score),
          formatSigned(mean_confidence.mean - one.accuracy.mean, 3),
          spread(log_loss, score),
        ],
      };
    }),
  });
}

function binTable({ id, calibration }: Calibrated): Html {
  return table({
    id: `${id}-bins`,
    caption: 'Answers of all seeds by the probability of the class that was predicted.',
    columns: [
      { header: 'Probability (%)' },
      numeric('Answers'),
      numeric('Mean probability'),
      numeric('Right'),
      numeric('Difference'),
    ],
    rows: calibration.bins
      .filter(({ n }) => n > 0)
      .map(({ from, to, n, confidence, accuracy }) => ({
        cells: [
          `above ${formatNumber(100 * from, 1)} to ${formatNumber(100 * to, 1)}`,
          formatNumber(n),
          percent(confidence),
          percent(accuracy),
          confidence === null || accuracy === null ? ABSENT : formatSigned(100 * (confidence - accuracy), 1),
        ],
      })),
  });
}

export function calibrationView({ inspections }: ReportModel): Html {
  const all = inspections.filter(isCalibrated);
  if (all.length === 0) {
    return html`<p class="absent">No answers to single tweets among the inputs of this report.</p>`;
  }
  const models = groupBy(all, ({ model, variant }) => modelName(model, variant));
  return html`${figureGrid([...models.values()].map(chartOf))}${summaryTable(all)}${all.map((one) =>
    folded(`${inspectionName(one)}: bins in numbers`, binTable(one)),
  )}`;
}
