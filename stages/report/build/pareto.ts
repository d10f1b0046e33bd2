import { canonicalJson } from '../../../pipeline/base/canonical.js';
import type { EnergyGroup } from '../model/energy.js';
import type { ParetoFront, ParetoPoint } from '../model/pareto.js';
import type { Interval } from '../model/scores.js';
import { byAll, compareNaturally, groupBy } from '../order.js';
import { isSpoilt } from '../read/inputs.js';
import { macroF1DifferenceInterval, macroF1Interval } from '../statistics/intervals.js';
import { frontOf, type Tradeoff } from '../statistics/pareto.js';
import type { MeasuredRow } from './results.js';
import { energyOfRow } from './row-energy.js';

type Cost = ParetoFront['cost'];
type Priced = { readonly value: number; readonly interval: Interval | null };
interface Candidate extends Tradeoff {
  readonly row: string;
  readonly seeds: MeasuredRow['seeds'];
  readonly qualityInterval: Interval;
  readonly costInterval: Interval | null;
}

const COSTS: readonly Cost[] = ['latency', 'energy', 'size'];

/** What a row costs, or why it has no such cost that counts. */
function priceOf({ row }: MeasuredRow, cost: Cost, energy: readonly EnergyGroup[]): Priced | string {
  if (!Number.isFinite(row.macro_f1.mean)) return 'its macro-F1 is not a number';
  if (cost === 'size') return { value: row.model_bytes, interval: null };
  if (isSpoilt(row)) return 'INVALID: none of its timing counts';
  if (row.conditions.emulated) return `the ${cost} of an emulated device means nothing`;
  if (cost === 'latency') {
    const { median } = row.latency_ms;
    return Number.isFinite(median) ? { value: median, interval: row.median_interval_ms } : 'it was not timed';
  }
  const joules = energyOfRow(row.id, energy)?.gross_j_per_inference;
  if (joules === undefined) return 'no valid meter saw all that its board drew';
  const { value, u_k2 } = joules;
  return { value, interval: [value - u_k2, value + u_k2] };
}

/** A front for each cost under each set of conditions; none where no row has such a cost. */
export function buildPareto(rows: readonly MeasuredRow[], energy: readonly EnergyGroup[]): ParetoFront[] {
  const groups = groupBy(rows, ({ row }) =>
    canonicalJson({ conditions: { ...row.conditions }, labels: row.labels }),
  );
  return [...groups.values()]
    .flatMap((group) => COSTS.flatMap((cost) => frontAmong(group, cost, energy)))
    .map((front, index) => ({ id: `pareto-${index + 1}`, ...front }));
}

function frontAmong(
  group: readonly MeasuredRow[],
  cost: Cost,
  energy: readonly EnergyGroup[],
): Omit<ParetoFront, 'id'>[] {
  const priced = group.map((measured) => ({ measured, price: priceOf(measured, cost, energy) }));
  const candidates = priced.flatMap(({ measured, price }) =>
    typeof price === 'string' ? [] : [candidateOf(measured, price)],
  );
  const conditions = group[0]?.row.conditions;
  if (candidates.length === 0 || conditions === undefined) return [];
  const front = frontOf(candidates);
  return [
    {
      cost,
      device: conditions.device,
      emulated: conditions.emulated,
      points: candidates
        .map((one) => pointOf(one, front.get(one) ?? null, cost))
        .sort(
          byAll<ParetoPoint>(
            (a, b) => a.cost - b.cost,
            (a, b) => compareNaturally(a.row, b.row),
          ),
        ),
      left_out: priced.flatMap(({ measured, price }) =>
        typeof price === 'string' ? [{ row: measured.row.id, why: price }] : [],
      ),
    },
  ];
}

function candidateOf({ row, seeds }: MeasuredRow, { value, interval }: Priced): Candidate {
  const matrices = seeds.map(({ confusion }) => confusion);
  return {
    row: row.id,
    seeds,
    quality: row.macro_f1.mean,
    cost: value,
    qualityInterval: macroF1Interval(row.macro_f1.mean, matrices),
    costInterval: interval,
  };
}

function pointOf(one: Candidate, dominator: Candidate | null, cost: Cost): ParetoPoint {
  const isApart = ([low, high]: Interval, [otherLow, otherHigh]: Interval): boolean =>
    low > otherHigh || high < otherLow;
  const isDearer = (dominator: Candidate): boolean =>
    cost === 'size'
      ? one.cost !== dominator.cost
      : one.costInterval !== null &&
        dominator.costInterval !== null &&
        isApart(one.costInterval, dominator.costInterval);
  const difference = dominator === null ? null : differenceOf(one, dominator);
  const isWorse = difference !== null && (difference[0] > 0 || difference[1] < 0);
  const clear = [
    isWorse && ('macro-F1' as const),
    dominator !== null && isDearer(dominator) && ('cost' as const),
  ];
  return {
    row: one.row,
    macro_f1: one.quality,
    macro_f1_interval: one.qualityInterval,
    cost: one.cost,
    cost_interval: one.costInterval,
    dominated_by: dominator?.row ?? null,
    macro_f1_difference_interval: difference,
    clear_in: clear.filter((part) => part !== false),
  };
}

/** Paired by tweet: rows of one front scored the same ones. */
function differenceOf(one: Candidate, other: Candidate): Interval | null {
  const truths = one.seeds[0]?.evaluation.predictions.labels;
  if (truths === undefined) return null;
  const answers = ({ seeds }: Candidate) =>
    seeds.map(({ evaluation, confusion }) => ({ predicted: evaluation.predictions.predicted, confusion }));
  return macroF1DifferenceInterval(one.quality - other.quality, truths, answers(one), answers(other));
}
