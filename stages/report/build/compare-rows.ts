import type { Scalar } from '../../../pipeline/contract/config.js';
import type { Baseline } from '../model/baseline.js';
import type { Answer, Comparison, Conditions, ResultRow } from '../model/report.js';
import { byAll, compareNaturally, groupBy } from '../order.js';
import { comparableWindows, isSpoilt, type LoadedEvaluation } from '../read/inputs.js';
import { type Distributions, mcnemar, ratioOfMedians } from '../statistics/bootstrap.js';
import { quantile, spreadOf } from '../statistics/descriptive.js';
import { pairedIntervals } from '../statistics/paired-bootstrap.js';

interface OneSeed {
  readonly seed: Scalar | null;
  readonly conditions: Conditions;
  readonly evaluation: LoadedEvaluation;
}

/** Rows whose mean macro-F1 differs by no more than this count as equally good when one is to be chosen. */
export const TOLERANCE = 0.01;

/** Compares valid evaluations of a file with those of the fp32 file of the same seed; null when they share no seed. */
export function compareRows(
  own: readonly OneSeed[],
  fp32: readonly OneSeed[],
  distributions: Distributions,
): Comparison | null {
  const isValid = ({ evaluation }: OneSeed): boolean => evaluation.document.verdict !== 'invalid';
  const pairs = own.filter(isValid).flatMap((one) => {
    const reference = fp32.filter(isValid).find(({ seed }) => seed === one.seed);
    return reference === undefined ? [] : [{ one: one.evaluation, reference: reference.evaluation }];
  });
  const [first] = pairs;
  if (first === undefined) return null;
  let tweets = 0;
  let same = 0;
  let gained = 0;
  let lost = 0;
  for (const { one, reference } of pairs) {
    const { labels, predicted } = one.predictions;
    tweets += labels.length;
    for (let index = 0; index < labels.length; index += 1) {
      const before = reference.predictions.predicted[index];
      const after = predicted[index];
      if (before === after) same += 1;
      else if (after === labels[index]) gained += 1;
      else if (before === labels[index]) lost += 1;
    }
  }
  const intervals = pairedIntervals(
    first.one.predictions.labels,
    pairs.map(({ one, reference }) => ({
      predicted: one.predictions.predicted,
      reference: reference.predictions.predicted,
    })),
    first.one.document.labels.length,
    first.one.source.instance,
  );
  const windowsOf = (side: 'one' | 'reference') => pairs.flatMap((pair) => comparableWindows(pair[side]));
  const medianOf = (side: 'one' | 'reference'): number =>
    quantile(distributions.sorted(windowsOf(side)), 0.5);
  const isTimed = (['one', 'reference'] as const).every((side) => windowsOf(side).length > 0);
  const hasSpeed = isTimed && own[0]?.conditions.emulated !== true;
  const ratio = !hasSpeed
    ? null
    : ratioOfMedians(
        windowsOf('reference'),
        windowsOf('one'),
        { above: first.reference.source.instance, below: first.one.source.instance },
        distributions,
      );
  const differences = (pick: 'accuracy' | 'macro_f1') =>
    spreadOf(pairs.map(({ one, reference }) => one.document[pick] - reference.document[pick]));
  return {
    n_seeds: pairs.length,
    accuracy_difference: differences('accuracy'),
    macro_f1_difference: differences('macro_f1'),
    accuracy_difference_interval: intervals?.accuracy ?? null,
    macro_f1_difference_interval: intervals?.macro_f1 ?? null,
    same_prediction: tweets === 0 ? Number.NaN : same / tweets,
    gained,
    lost,
    speed_up: !hasSpeed ? null : medianOf('reference') / medianOf('one'),
    speed_up_interval: ratio?.interval ?? null,
    speed_up_p: ratio?.p ?? null,
    mcnemar_p: mcnemar(gained, lost),
    size_ratio: first.one.document.model_bytes / first.reference.document.model_bytes,
  };
}

/** In both scores. */
export function isBetter({ accuracy, macro_f1 }: ResultRow, baseline: Baseline): boolean {
  return accuracy.mean > baseline.accuracy && macro_f1.mean > baseline.macro_f1;
}

/** Chooses for each set of conditions; see `Answer` for the rule. */
export function answersOf(
  rows: readonly ResultRow[],
  baselines: readonly Baseline[],
  keyOf: (row: ResultRow) => string,
): Answer[] {
  return [...groupBy(rows, keyOf).values()].flatMap((group) => {
    const scored = group.filter((row) => Number.isFinite(row.macro_f1.mean) && !isSpoilt(row));
    const [best] = [...scored].sort((a, b) => b.macro_f1.mean - a.macro_f1.mean);
    if (best === undefined) return [];
    const { emulated, test_set, device } = best.conditions;
    const isTimed = !emulated && scored.every(({ latency_ms }) => Number.isFinite(latency_ms.median));
    const near = scored.filter(({ macro_f1 }) => macro_f1.mean >= best.macro_f1.mean - TOLERANCE);
    const [chosen = best] = near.sort(
      byAll<ResultRow>(
        (a, b) => (isTimed ? a.latency_ms.median - b.latency_ms.median : 0),
        (a, b) => a.model_bytes - b.model_bytes,
        (a, b) => compareNaturally(a.id, b.id),
      ),
    );
    return [
      {
        device,
        row: chosen.id,
        best_row: best.id,
        tolerance: TOLERANCE,
        by: isTimed ? ('latency' as const) : ('size' as const),
        beats_baseline: baselines.every((one) => one.test_set !== test_set || isBetter(chosen, one)),
      },
    ];
  });
}
