import type { Alternative } from '../model/alternative.js';
import type { EnergyGroup } from '../model/energy.js';
import type { Answer, ResultRow } from '../model/report.js';
import { byAll, compareNaturally } from '../order.js';
import { isSpoilt } from '../read/inputs.js';
import { conditionsKey } from './results.js';
import { energyOfRow } from './row-energy.js';

/** For each answer the other rows under its conditions, the best macro-F1 first. */
export function buildAlternatives(
  rows: readonly ResultRow[],
  answers: readonly Answer[],
  energy: readonly EnergyGroup[],
): Alternative[] {
  return answers.flatMap((answer) => {
    const choice = rows.find(({ id }) => id === answer.row);
    if (choice === undefined) return [];
    const key = conditionsKey(choice.conditions);
    return rows
      .filter((row) => row !== choice && conditionsKey(row.conditions) === key)
      .sort(
        byAll<ResultRow>(
          (a, b) => Number(isSpoilt(a)) - Number(isSpoilt(b)),
          (a, b) => (b.macro_f1.mean || 0) - (a.macro_f1.mean || 0),
          (a, b) => compareNaturally(a.id, b.id),
        ),
      )
      .map((row) => alternative(row, choice, energy));
  });
}

function alternative(row: ResultRow, choice: ResultRow, energy: readonly EnergyGroup[]): Alternative {
  const means = !row.conditions.emulated && !isSpoilt(row);
  const ratio = (pick: (one: ResultRow) => number): number | null => {
    const value = pick(row) / pick(choice);
    return means && Number.isFinite(value) ? value : null;
  };
  return {
    choice: choice.id,
    row: row.id,
    macro_f1_difference: row.macro_f1.mean - choice.macro_f1.mean,
    accuracy_difference: row.accuracy.mean - choice.accuracy.mean,
    latency_ratio: ratio(({ latency_ms }) => latency_ms.median),
    energy_ratio: ratio(({ id }) => energyOfRow(id, energy)?.gross_j_per_inference.value ?? Number.NaN),
    // Of answers alone it is the memory of a pass with several interpreters.
    memory_ratio: ratio(({ peak_rss_bytes, latency_ms }) => (latency_ms.n > 0 ? peak_rss_bytes : Number.NaN)),
    size_ratio: row.model_bytes / choice.model_bytes,
    is_invalid: isSpoilt(row),
  };
}
