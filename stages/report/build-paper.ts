import { auditTables } from './audit/audit.js';
import { studyOf } from './audit/read-tables.js';
import type { Tables } from './audit/tables-schema.js';
import type { ReportInputs } from './inputs.js';
import type { Device, ResultRow } from './model.js';
import type { EnergyGroup } from './model-energy.js';
import type { OwnRow, PaperView, PublishedRow } from './model-paper.js';
import type { Telemetry } from './model-telemetry.js';
import { operationsOf } from './operations.js';
import { corrected, MISLEADING, type PaperInputs, paperV1 } from './paper/indices.js';
import { energyOfRow } from './row-energy.js';
import { meanOf } from './statistics.js';

interface Measured {
  readonly rows: readonly ResultRow[];
  readonly telemetry: readonly Telemetry[];
  readonly devices: readonly Device[];
  readonly energy: readonly EnergyGroup[];
}

/** Null where the report is of no published table. */
export function buildPaper(inputs: ReportInputs, measured: Measured): PaperView | null {
  const { published } = inputs;
  if (published === null) return null;
  const audit = auditTables(published);
  return {
    label: 'as published, not recommended',
    source: published.source,
    inferences:
      audit.inferences === null ? null : [Math.ceil(audit.inferences[0]), Math.floor(audit.inferences[1])],
    indices: MISLEADING,
    published: publishedRows(published, (row) =>
      audit.findings
        .filter((finding) => finding.row === row && finding.table === 'table4')
        .map(({ id }) => id),
    ),
    own: measured.rows.map((row) => ownRow(row, inputs, measured)),
  };
}

function publishedRows(tables: Tables, findingsOf: (row: string) => readonly string[]): PublishedRow[] {
  return studyOf(tables).measurements.map(({ row, board, bits, cells }) => {
    const value = (name: keyof typeof cells): number | null => cells[name]?.value ?? null;
    const inputs: PaperInputs = {
      flops_per_s: value('flops_per_s'),
      bits,
      time_s: value('time_s'),
      accuracy: value('accuracy'),
      f_score: value('f_score'),
      power_tot_kw: value('power_kw'),
      cpu_percent: value('cpu_percent'),
      memory_percent: value('memory_percent'),
    };
    const memory = tables.table2_devices.find(({ device }) => device === board)?.ram_gb;
    return {
      row,
      device: board,
      bits,
      findings: findingsOf(row),
      inputs,
      paper_v1: paperV1(inputs),
      corrected: corrected({
        seconds_per_inference: value('time_per_inference_s'),
        accuracy: inputs.accuracy,
        // The unit of the published column is not known, so there is no energy.
        joules_per_inference: null,
        cpu_percent: inputs.cpu_percent,
        memory_gb:
          memory === undefined || inputs.memory_percent === null
            ? null
            : (memory * inputs.memory_percent) / 100,
      }),
    };
  });
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function ownRow(row: ResultRow, inputs: ReportInputs, { telemetry, devices, energy }: Measured): OwnRow {
  // Time, processor and memory of an emulated device mean nothing.
  const { emulated } = row.conditions;
  const work = telemetry
    .filter((one) => one.row === row.id && !emulated)
    .flatMap(({ phases }) => phases.filter(({ name }) => name === 'during' || name === 'window'));
  const cpu = finite(meanOf(work.map(({ cpu_system }) => cpu_system)));
  const used = finite(meanOf(work.map(({ memory_used }) => memory_used)));
  const total = devices.find(({ device }) => device === row.device)?.facts.memory_bytes;
  const seconds = emulated ? null : finite(row.latency_ms.mean / 1000);
  const operations = operationsOf(row.model, inputs)?.count ?? null;
  const bits = /\d+$/.exec(row.precision);
  const values: PaperInputs = {
    flops_per_s: operations === null || seconds === null ? null : operations / seconds,
    bits: bits === null ? null : Number(bits[0]),
    time_s: seconds === null ? null : seconds * row.n_tweets,
    accuracy: finite(row.accuracy.mean),
    f_score: finite(row.macro_f1.mean),
    // The paper's sum of samples says nothing without its sample rate, which it does not give.
    power_tot_kw: null,
    cpu_percent: cpu,
    memory_percent: used === null || typeof total !== 'number' ? null : (100 * used) / total,
  };
  return {
    row: row.id,
    n_tweets: row.n_tweets,
    missing: Object.entries(values).flatMap(([name, value]) => (value === null ? [name] : [])),
    inputs: values,
    paper_v1: paperV1(values),
    corrected: corrected({
      seconds_per_inference: seconds,
      accuracy: values.accuracy,
      joules_per_inference: energyOfRow(row.id, energy)?.gross_j_per_inference.value ?? null,
      cpu_percent: cpu,
      memory_gb: used === null ? null : used / 1e9,
    }),
  };
}
