import { figureGrid, lineChart } from '../../../pipeline/report/chart.js';
import { formatNumber, formatPercent, formatSigned, listed } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, cell, folded, table } from '../../../pipeline/report/table.js';
import { inspectedOn, inspectionName } from '../build/inspection-name.js';
import { modelName } from '../build/notices.js';
import type { Calibration, Inspection } from '../model/inspection.js';
import type { ReportModel } from '../model/report.js';
import { groupBy } from '../order.js';
import { numeric, score, spreadCell, spreadColumn, value } from './cells.js';

type Calibrated = Inspection & { readonly calibration: Calibration };

const isCalibrated = (one: Inspection): one is Calibrated => one.calibration !== null;

const percent = (share: number | null): Cell => value(share, formatPercent);

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
    title: 'Calibration',
    headers: 2,
    caption:
      'Calibration, mean ± sample standard deviation over seeds. Expected calibration error: the mean distance between probability and share of right answers over 15 bins of equal width, weighted by their tweets (Guo et al. 2017, On Calibration of Modern Neural Networks, equation 3); 0 is best, and few tweets alone make it larger. Surplus is mean probability minus accuracy: above 0 the model is too sure.',
    columns: [
      { header: 'Model' },
      { header: 'Split' },
      { header: 'Precision and device' },
      spreadColumn('Expected calibration error'),
      spreadColumn('Mean probability'),
      spreadColumn('Accuracy'),
      numeric('Surplus'),
      spreadColumn('Log loss (nats)'),
    ],
    rows: all.map((one) => {
      const { expected_error, mean_confidence, log_loss } = one.calibration;
      return {
        cells: [
          modelName(one.model, one.variant),
          one.split,
          inspectedOn(one),
          spreadCell(expected_error, score),
          spreadCell(mean_confidence, score),
          spreadCell(one.accuracy, score),
          value(mean_confidence.mean - one.accuracy.mean, (surplus) => formatSigned(surplus, 3)),
          spreadCell(log_loss, score),
        ],
      };
    }),
  });
}

function binTable(inspection: Calibrated): Html {
  const { id, calibration } = inspection;
  return table({
    id: `${id}-bins`,
    title: `${inspectionName(inspection)}: bins`,
    caption: 'Answers of all seeds by the probability of the class that was predicted.',
    columns: [
      { header: 'Probability (%)', data: ['Probability above', 'Probability to'] },
      numeric('Answers'),
      numeric('Mean probability'),
      numeric('Right', 'Right (share)'),
      numeric('Difference', 'Mean probability minus share right'),
    ],
    rows: calibration.bins
      .filter(({ n }) => n > 0)
      .map(({ from, to, n, confidence, accuracy }) => ({
        cells: [
          cell(`above ${formatNumber(100 * from, 1)} to ${formatNumber(100 * to, 1)}`, from, to),
          formatNumber(n),
          percent(confidence),
          percent(accuracy),
          value(confidence === null || accuracy === null ? null : confidence - accuracy, (surplus) =>
            formatSigned(100 * surplus, 1),
          ),
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
