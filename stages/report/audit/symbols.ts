import { type Cell, exactCell, product } from './interval.js';
import type { Measurement } from './study.js';

/** Cells of a formula's names in one row; energy is the power column times the time, as such formulas take it. */
export function symbolsOf({ bits, cells }: Measurement): (symbol: string) => Cell | undefined {
  const { power_kw: power, time_s: time } = cells;
  const energy = power === undefined || time === undefined ? undefined : product(power, time);
  const known: readonly (readonly [RegExp, Cell | undefined])[] = [
    [/^energy/i, energy],
    [/^power/i, power],
    [/^(t|time)/i, time],
    [/^flops/i, cells.flops_per_s],
    [/^(q|bits)$/i, exactCell(bits)],
    [/^acc/i, cells.accuracy],
    [/^f[_-]?(score|1)/i, cells.f_score],
    [/^cpu/i, cells.cpu_percent],
    [/^mem/i, cells.memory_percent],
  ];
  return (symbol) => known.find(([pattern]) => pattern.test(symbol))?.[1];
}
