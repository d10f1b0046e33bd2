import type { Validity } from '../model/validity.js';
import type { MeasuredRow } from './results.js';

export function buildValidity(rows: readonly MeasuredRow[]): Validity[] {
  return rows.flatMap(({ row, seeds }) =>
    seeds.map(({ seed, evaluation: { source, document } }) => ({
      row: row.id,
      seed,
      instance: source.instance,
      verdict: document.verdict ?? 'not-recorded',
      gates: document.gates,
    })),
  );
}
