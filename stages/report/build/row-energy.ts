import type { UncertainFigure } from '../../../pipeline/contract/meter.js';
import type { RowEnergy } from '../model/efficiency.js';
import type { EnergyGroup, EnergyResult } from '../model/energy.js';
import { meanOf } from '../statistics/descriptive.js';

/** Evaluations of a row whose meter saw all that the board drew and missed nothing. */
export function validEnergyOf(row: string, energy: readonly EnergyGroup[]): readonly EnergyResult[] {
  return energy
    .filter(({ standing }) => standing === 'measured_inline')
    .flatMap(({ results }) => results)
    .filter((one) => one.row === row && one.gross_j_per_inference !== null);
}

/** Over the seeds of a row; null where none was measured so. */
export function energyOfRow(row: string, energy: readonly EnergyGroup[]): RowEnergy | null {
  const own = validEnergyOf(row, energy);
  const gross = meanFigure(own.map((one) => one.gross_j_per_inference));
  if (gross === null) return null;
  return {
    n_seeds: own.length,
    gross_j_per_inference: gross,
    net_j_per_inference: meanFigure(own.map((one) => one.net_j_per_inference)),
    inferences_per_joule: { value: 1 / gross.value, u_k2: gross.u_k2 / gross.value ** 2 },
    edp_js: meanFigure(own.map((one) => one.edp_js)),
  };
}

/** What a meter does not know is the same each time it measures: the mean of figures is as uncertain as they are. */
export function meanFigure(figures: readonly (UncertainFigure | null)[]): UncertainFigure | null {
  const known = figures.filter((figure) => figure !== null);
  if (known.length === 0 || known.length < figures.length) return null;
  return { value: meanOf(known.map(({ value }) => value)), u_k2: meanOf(known.map(({ u_k2 }) => u_k2)) };
}
