import { ABSENT, formatMegabytes, formatNumber } from '../../pipeline/report/format.js';
import { baselineName } from './build/baselines.js';
import { modelName } from './build/notices.js';
import { protocolText } from './build/results.js';
import type { ReportModel, ResultRow } from './model/report.js';
import type { Spread } from './model/scores.js';
import { isSpoilt } from './read/inputs.js';

const HEADER = [
  'Model',
  'Precision',
  'Device',
  'Seeds',
  'Accuracy',
  'Macro-F1',
  'Median ms',
  'p90 ms',
  'Peak RSS MB',
  'Model MB',
];

/** A model read from report.json has `"NaN"` where one in memory has NaN. */
const real = (value: number): number => Number(value);

const milliseconds = (value: number | null | undefined): string =>
  value === null || value === undefined ? ABSENT : formatNumber(real(value), real(value) < 0.1 ? 3 : 2);

const testSetText = (digest: string | null): string => `test set ${(digest ?? ABSENT).slice(0, 8)}`;

/** `0.685 ± 0.003` over several seeds, `0.685` of one. */
function spreadText({ mean, sd }: Spread): string {
  const text = formatNumber(real(mean), 3);
  return sd === null ? text : `${text} ± ${formatNumber(real(sd), 3)}`;
}

/** The word that stands where no seed's timing may be compared; null where there is one. */
function medianCell(row: ResultRow): string {
  if (isSpoilt(row)) return 'INVALID';
  return row.n_untimed === row.n_seeds ? 'not timed' : formatNumber(real(row.latency_ms.median), 2);
}

/** What tells rows apart that agree on model, precision and device. */
function distinction(row: ResultRow, rows: readonly ResultRow[]): string {
  const twins = rows.filter(
    (other) => other.model === row.model && other.precision === row.precision && other.device === row.device,
  );
  const differs = (pick: (one: ResultRow) => string): boolean => new Set(twins.map(pick)).size > 1;
  return [
    differs(({ conditions }) => conditions.runtime) && row.conditions.runtime,
    differs(({ conditions }) => conditions.protocol) && protocolText(twins)(row),
    differs(({ conditions }) => conditions.test_set) && testSetText(row.conditions.test_set),
  ]
    .filter((part) => part !== false)
    .join('; ');
}

/**
 * The result table in plain text for the end of a run: a header row, the baselines, of which always
 * answering the most frequent class is one, then a row for each model, precision and device. ± is the sample standard deviation over seeds.
 */
export function headline(model: ReportModel): string[][] {
  if (model.results.length === 0) return [];
  const testSets = new Set(model.baselines.map(({ test_set }) => test_set));
  const baselines = model.baselines.map((baseline) => [
    baselineName(baseline),
    ABSENT,
    testSets.size > 1 ? `[${testSetText(baseline.test_set)}]` : ABSENT,
    ABSENT,
    formatNumber(real(baseline.accuracy), 3),
    formatNumber(real(baseline.macro_f1), 3),
    milliseconds(baseline.latency_ms?.median),
    milliseconds(baseline.latency_ms?.p90),
    ABSENT,
    baseline.model_bytes === null ? ABSENT : formatMegabytes(real(baseline.model_bytes)),
  ]);
  const rows = model.results.map((row) => {
    const distinguished = distinction(row, model.results);
    const device = row.conditions.emulated ? `${row.device} (emulated)` : row.device;
    return [
      modelName(row.model, row.variant),
      row.precision,
      distinguished === '' ? device : `${device} [${distinguished}]`,
      String(row.n_seeds),
      spreadText(row.accuracy),
      spreadText(row.macro_f1),
      medianCell(row),
      milliseconds(row.latency_ms.p90),
      formatMegabytes(real(row.peak_rss_bytes)),
      formatMegabytes(real(row.model_bytes)),
    ];
  });
  return [HEADER, ...baselines, ...rows];
}
