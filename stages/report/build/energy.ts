import { type Standing, standingOf } from '../../../pipeline/report/comparable.js';
import type { EnergyGroup, EnergyResult } from '../model/energy.js';
import { groupBy } from '../order.js';
import type { Measured, MeasuredRow } from './results.js';

function energyOf(row: string, { seed, evaluation }: Measured): EnergyResult[] {
  const { source, document } = evaluation;
  const { energy } = document;
  if (energy === undefined) return [];
  const { findings, verdict: _, total, ...figures } = energy;
  // Latency and energy are of the same windows: what spoilt the one, a throttled clock, spoilt the other.
  const spoilt =
    document.verdict === 'invalid'
      ? document.gates.filter(({ gate, verdict }) => verdict === 'failed' && gate !== 'power-samples')
      : [];
  const invalid = [...findings, ...spoilt].map(({ gate, message }) => ({ gate, message }));
  const gross = energy.gross_j_per_inference;
  const delay = energy.inferences > 0 ? energy.measured_s / energy.inferences : null;
  const emulated = energy.emulated || document.emulated;
  const counts = standingOf({ ...energy, emulated, invalid }) === 'measured_inline';
  return [
    {
      row,
      seed,
      instance: source.instance,
      ...figures,
      emulated,
      invalid,
      edp_js:
        gross === null || delay === null || !counts
          ? null
          : { value: gross.value * delay, u_k2: gross.u_k2 * delay },
      resolvable_w: total?.resolvable_w ?? null,
      dropped_share: total?.dropped_share ?? null,
      budget: (total?.budget ?? []).map(({ name, gross_j, source: known }) => ({
        name,
        share: gross_j / (total?.gross_j.value ?? Number.NaN),
        source: known,
      })),
    },
  ];
}

const ORDER: readonly Standing[] = ['measured_inline', 'partial', 'modelled', 'none', 'emulated', 'invalid'];

export function buildEnergy(rows: readonly MeasuredRow[]): EnergyGroup[] {
  const all = rows.flatMap(({ row, seeds }) => seeds.flatMap((seed) => energyOf(row.id, seed)));
  const groups = groupBy(all, standingOf);
  return ORDER.flatMap((standing) => {
    const results = groups.get(standing);
    return results === undefined ? [] : [{ standing, results }];
  });
}
