import type { MeasuredRow } from './build-results.js';
import type { Validity } from './model-validity.js';

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
