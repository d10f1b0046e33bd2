import type { UncertainFigure } from '../../../pipeline/contract/meter.js';
import type { Efficiency, Indices } from '../model/efficiency.js';
import type { EnergyGroup } from '../model/energy.js';
import { highestOf, meanOf } from '../statistics/descriptive.js';
import { fp32Of, type Measured, type MeasuredRow } from './results.js';
import { energyOfRow, meanFigure, validEnergyOf } from './row-energy.js';
import type { WorkedRow } from './work-done.js';

const known = (value: number): number | null => (Number.isFinite(value) && value > 0 ? value : null);

/** Whether its time, memory and processor use mean something. */
const isTimed = ({ conditions, evaluation }: Measured): boolean =>
  !conditions.emulated && !['invalid', 'not-timed'].includes(evaluation.document.verdict ?? '');

const ussOf = (seeds: readonly Measured[]): number[] =>
  seeds.map(({ evaluation }) => evaluation.document.uss_bytes ?? Number.NaN);

export function buildEfficiency(worked: readonly WorkedRow[], energy: readonly EnergyGroup[]): Efficiency[] {
  const rows = worked.map(({ measured }) => measured);
  return worked.map(({ measured, work: { operations, tokens } }) => {
    const { row } = measured;
    const timed = measured.seeds.filter(isTimed);
    const seconds = timed.length === 0 ? null : known(row.latency_ms.mean / 1000);
    const reference = fp32Of(row, rows);
    return {
      row: row.id,
      peak_rss_bytes: known(highestOf(timed.map(({ evaluation }) => evaluation.document.peak_rss_bytes))),
      uss_bytes: known(highestOf(ussOf(timed))),
      cpu_s_per_inference: known(
        meanOf(
          timed.map(({ evaluation }) => (evaluation.document.cpu_ms_per_inference ?? Number.NaN) / 1000),
        ),
      ),
      operations,
      mean_tokens: tokens,
      operations_per_s: operations === null || seconds === null ? null : operations / seconds,
      energy: row.conditions.emulated ? null : energyOfRow(row.id, energy),
      indices:
        reference === undefined || reference.row.id === row.id
          ? null
          : indicesOf(measured, reference, energy),
    };
  });
}

function indicesOf(own: MeasuredRow, reference: MeasuredRow, energy: readonly EnergyGroup[]): Indices {
  const pairs = (isMeant: (one: Measured) => boolean) =>
    own.seeds.filter(isMeant).flatMap((one) => {
      const other = reference.seeds.filter(isMeant).find(({ seed }) => seed === one.seed);
      return other === undefined ? [] : [{ one, other }];
    });
  const ratio = (above: readonly number[], below: readonly number[]): number | null =>
    known(meanOf(above) / meanOf(below));
  const timed = pairs(isTimed).filter(({ one, other }) =>
    [one, other].every(({ evaluation }) => known(evaluation.document.uss_bytes ?? Number.NaN) !== null),
  );
  const scored = pairs(({ evaluation }) => evaluation.document.verdict !== 'invalid');
  const macroF1 = (side: 'one' | 'other') => scored.map((pair) => pair[side].evaluation.document.macro_f1);
  return {
    reference: reference.row.id,
    speed: own.row.against_fp32?.speed_up ?? null,
    speed_interval: own.row.against_fp32?.speed_up_interval ?? null,
    energy: own.row.conditions.emulated ? null : energyRatio(own.row.id, reference.row.id, energy),
    memory: ratio(ussOf(timed.map(({ other }) => other)), ussOf(timed.map(({ one }) => one))),
    quality: ratio(macroF1('one'), macroF1('other')),
  };
}

/** Over the seeds whose energy counts on both sides. */
function energyRatio(own: string, reference: string, energy: readonly EnergyGroup[]): UncertainFigure | null {
  const below = validEnergyOf(own, energy);
  const above = validEnergyOf(reference, energy);
  const joules = (side: typeof below, other: typeof below) =>
    meanFigure(
      side
        .filter(({ seed }) => other.some((one) => one.seed === seed))
        .map((one) => one.gross_j_per_inference),
    );
  const [j, reference_j] = [joules(below, above), joules(above, below)];
  if (j === null || reference_j === null) return null;
  const value = reference_j.value / j.value;
  return { value, u_k2: value * Math.hypot(j.u_k2 / j.value, reference_j.u_k2 / reference_j.value) };
}
