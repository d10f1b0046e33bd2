import { auditTables } from '../audit/audit.js';
import { studyOf } from '../audit/read-tables.js';
import type { Tables } from '../audit/tables-schema.js';
import type { EnergyGroup } from '../model/energy.js';
import type { PaperView, PublishedRow } from '../model/paper.js';
import type { Device } from '../model/report.js';
import type { Telemetry } from '../model/telemetry.js';
import { ATTRIBUTES, normalize } from '../paper/attributes.js';
import { COLUMNS } from '../paper/columns.js';
import { corrected, MISLEADING, type PaperInputs, paperV1 } from '../paper/indices.js';
import type { ReportInputs } from '../read/inputs.js';
import { buildOwnRows } from './paper-own.js';
import { buildPhases } from './paper-phases.js';
import { buildScores } from './paper-scores.js';
import { buildSizes } from './paper-sizes.js';
import { publishedWork, type WorkedRow } from './work-done.js';

interface Known {
  readonly worked: readonly WorkedRow[];
  readonly telemetry: readonly Telemetry[];
  readonly devices: readonly Device[];
  readonly energy: readonly EnergyGroup[];
}

/** Null where the report is of no published table. */
export function buildPaper(
  inputs: ReportInputs,
  { worked, telemetry, devices, energy }: Known,
): PaperView | null {
  const { published } = inputs;
  if (published === null) return null;
  const { findings, inferences } = auditTables(published);
  const range = inferences === null ? null : ([Math.ceil(inferences[0]), Math.floor(inferences[1])] as const);
  const results = worked.map(({ measured }) => measured.row);
  const phases = buildPhases(results, telemetry);
  const findingsOf = (table: string, row: string): string[] =>
    findings.filter((one) => one.row === row && one.table === table).map(({ id }) => id);
  const rowsOfPaper = publishedRows(published, range?.[0] ?? null, (row) => findingsOf('table4', row));
  return {
    label: 'as published, not recommended',
    source: published.source,
    inferences: range,
    columns: COLUMNS,
    indices: MISLEADING,
    attributes: ATTRIBUTES,
    published: rowsOfPaper,
    published_work: publishedWork(published, rowsOfPaper),
    column_findings: findings
      .filter(({ table, row }) => table === 'table4' && row === null)
      .map(({ id, what }) => ({ id, what })),
    own: buildOwnRows(worked, { devices, energy, phases }),
    scores: buildScores(published, results, findingsOf),
    phases,
    sizes: buildSizes(published, findings, inputs),
  };
}

function publishedRows(
  tables: Tables,
  inferences: number | null,
  findingsOf: (row: string) => readonly string[],
): PublishedRow[] {
  const rows = studyOf(tables).measurements.map(({ row, board, bits, cells }) => {
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
    const { flops_per_s: speed, time_s: time } = inputs;
    return {
      row,
      device: board,
      bits,
      findings: findingsOf(row),
      inputs,
      seconds_per_inference: value('time_per_inference_s'),
      power_per_inference: value('power_per_inference_w'),
      operations_per_inference:
        speed === null || time === null || inferences === null ? null : (speed * time) / inferences,
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
  const normalized = normalize(rows);
  return rows.map((row, index) => ({ ...row, normalized: normalized[index] ?? null }));
}
