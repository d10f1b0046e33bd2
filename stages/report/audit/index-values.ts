import type { Finding } from '../../../pipeline/contract/audit.js';
import { finding, percent, show } from './finding.js';
import { directions, evaluate, type Formula, parseFormula } from './formula.js';
import { type Cell, gap, overlap } from './interval.js';
import { COLUMN_NAMES } from './read-tables.js';
import type { Measurement, Study } from './study.js';
import { symbolsOf } from './symbols.js';

const PRINTED = ['si', 'mpi', 'rer'] as const;

/** An index that was printed must be what its own formula gives of its own row. */
export function indexValues({ equations, measurements }: Study): Finding[] {
  return PRINTED.flatMap((column) => {
    const equation = equations.find(({ name }) => name.toLowerCase() === column);
    const formula = equation === undefined ? null : parseFormula(equation.text);
    if (equation === undefined || formula === null) return [];
    return measurements.flatMap((row) => {
      const stated = row.cells[column];
      const recomputed = rangeOf(formula, row);
      if (stated === undefined || recomputed === null || overlap(stated, recomputed)) return [];
      return [
        finding({
          rule: 'index-value',
          table: row.table,
          row: row.row,
          of: column,
          column: COLUMN_NAMES[column],
          stated: [stated.value, ''],
          recomputed: [recomputed.value, ''],
          beyond: gap(stated, recomputed),
          confidence: 'likely',
          what: `${equation.name} is ${show(stated.value)}; ${equation.text} gives ${show(recomputed.value)} in this row.`,
          why: `Rounding leaves ${percent(gap(stated, recomputed))} unexplained. An energy in the formula is taken as the power column times the time, and a time as that of the whole test set.`,
          settle: 'The values that the index was computed from, and their units.',
        }),
      ];
    });
  });
}

/** The least and the greatest value that rounding of its inputs allows; null where one of them is missing or goes both ways. */
function rangeOf(formula: Formula, row: Measurement): Cell | null {
  const cellOf = symbolsOf(row);
  const ways = directions(formula);
  if ([...ways.values()].some((signs) => signs.size > 1)) return null;
  const end = (up: 'low' | 'high', down: 'low' | 'high') =>
    evaluate(formula, (name) => cellOf(name)?.[ways.get(name)?.has(1) ? up : down]);
  const [low, high] = [end('low', 'high'), end('high', 'low')];
  const value = evaluate(formula, (name) => cellOf(name)?.value);
  return low === undefined || high === undefined || value === undefined ? null : { value, low, high };
}
