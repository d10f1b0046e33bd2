import type { EnergyGroup } from '../model/energy.js';
import type { OwnRow } from '../model/paper.js';
import type { PaperPhases } from '../model/paper-parts.js';
import type { Device } from '../model/report.js';
import { groupBy } from '../order.js';
import { normalize } from '../paper/attributes.js';
import { corrected, type PaperInputs, paperV1 } from '../paper/indices.js';
import { knownOf, meanOf } from '../statistics/descriptive.js';
import { conditionsKey } from './results.js';
import { validEnergyOf } from './row-energy.js';
import { secondsOf, timingStanding } from './row-standing.js';
import type { WorkedRow } from './work-done.js';

/** Of power.jsonl: means of a tenth of a second. */
const POWER_HZ = 10;

export interface Parts {
  readonly devices: readonly Device[];
  readonly energy: readonly EnergyGroup[];
  readonly phases: readonly PaperPhases[];
}

function ownRow(
  { measured: { row }, work }: WorkedRow,
  { devices, energy, phases }: Parts,
): Omit<OwnRow, 'normalized'> {
  const during = phases.find((one) => one.row === row.id)?.during;
  const used = during?.memory_used ?? null;
  const total = devices.find(({ device }) => device === row.device)?.facts.memory_bytes;
  const seconds = secondsOf(row);
  const time = seconds === null ? null : seconds * row.n_tweets;
  const meters = row.conditions.emulated ? [] : validEnergyOf(row.id, energy);
  const joules = knownOf(
    meanOf(meters.flatMap(({ gross_j_per_inference }) => gross_j_per_inference?.value ?? [])),
  );
  const watts = knownOf(meanOf(meters.flatMap(({ mean_w }) => mean_w?.value ?? [])));
  const bits = /\d+$/.exec(row.precision);
  const inputs: PaperInputs = {
    flops_per_s: work.operations === null || seconds === null ? null : work.operations / seconds,
    bits: bits === null ? null : Number(bits[0]),
    time_s: time,
    accuracy: knownOf(row.accuracy.mean),
    f_score: knownOf(row.macro_f1.mean),
    // A sum of samples says nothing without their rate: here it is known.
    power_tot_kw: watts === null || time === null ? null : (watts * POWER_HZ * time) / 1000,
    cpu_percent: during?.cpu_system ?? null,
    memory_percent: used === null || typeof total !== 'number' ? null : (100 * used) / total,
  };
  return {
    row: row.id,
    n_tweets: row.n_tweets,
    standing: timingStanding(row),
    missing: Object.entries(inputs).flatMap(([name, value]) => (value === null ? [name] : [])),
    inputs,
    seconds_per_inference: seconds,
    joules_per_inference: joules,
    power_sample_hz: inputs.power_tot_kw === null ? null : POWER_HZ,
    work,
    paper_v1: paperV1(inputs),
    corrected: corrected({
      seconds_per_inference: seconds,
      accuracy: inputs.accuracy,
      joules_per_inference: joules,
      cpu_percent: inputs.cpu_percent,
      memory_gb: used === null ? null : used / 1e9,
    }),
  };
}

/** Rows are normalised among those that were measured alike: on any device, in the same way, on the same tweets. */
export function buildOwnRows(rows: readonly WorkedRow[], parts: Parts): OwnRow[] {
  const own = rows.map((worked) => ({ row: worked.measured.row, values: ownRow(worked, parts) }));
  const groups = groupBy(
    own.filter(({ values }) => values.standing === 'measured'),
    ({ row }) => conditionsKey({ ...row.conditions, device: '', transport: '' }),
  );
  const normalized = new Map(
    [...groups.values()].flatMap((group) => {
      const shares = normalize(group.map(({ values }) => values));
      return group.map(({ row }, index) => [row.id, shares[index] ?? null] as const);
    }),
  );
  return own.map(({ row, values }) => ({ ...values, normalized: normalized.get(row.id) ?? null }));
}
