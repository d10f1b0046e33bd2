import type { Json } from '../../../pipeline/base/canonical.js';
import type { ReportModel } from '../model/report.js';
import type { ReportInputs } from '../read/inputs.js';
import { buildAlternatives } from './alternatives.js';
import { buildBaselines } from './baselines.js';
import { answersOf } from './compare-rows.js';
import { buildData, buildDeployments, buildDevices, buildExports, syntheticOf } from './data.js';
import { buildEfficiency } from './efficiency.js';
import { buildEnergy } from './energy.js';
import { buildFlags } from './flags.js';
import { buildInspections } from './inspections.js';
import { buildConversions, buildTelemetry, buildTraining } from './measurements.js';
import { buildMethods } from './methods.js';
import { buildNotices } from './notices.js';
import { buildPaper } from './paper.js';
import { buildPareto } from './pareto.js';
import { buildProvenance } from './provenance.js';
import { buildRows, conditionsKey } from './results.js';
import { buildTimeline } from './timeline.js';
import { buildValidity } from './validity.js';
import { buildWork } from './work-done.js';

/** Everything that the report says, from everything that was read. Pure: equal inputs in any order give an equal model. */
export function buildModel(inputs: ReportInputs): ReportModel {
  const measured = buildRows(inputs);
  const rows = measured.map(({ row }) => row);
  const baselines = buildBaselines(measured, inputs);
  const answers = answersOf(rows, baselines, (row) => conditionsKey(row.conditions));
  const conversions = buildConversions(inputs);
  const training = buildTraining(inputs);
  const worked = buildWork(measured, inputs);
  const energy = buildEnergy(measured);
  const telemetry = buildTelemetry(measured);
  const devices = buildDevices(inputs);
  const emulated = rows.filter(({ conditions }) => conditions.emulated).map(({ device }) => device);
  const model = {
    schema: 1 as const,
    made_with: inputs.call?.version ?? null,
    study: inputs.study,
    title: inputs.title,
    profile: inputs.profile,
    synthetic: syntheticOf(inputs),
    emulated_devices: [...new Set(emulated)],
    notices: buildNotices(inputs, { rows: measured, answers, baselines, conversions, training, telemetry }),
    flags: buildFlags(inputs, measured, energy),
    answers,
    alternatives: buildAlternatives(rows, answers, energy),
    baselines,
    results: rows,
    inspections: buildInspections(inputs, measured),
    texts: inputs.texts,
    validity: buildValidity(measured),
    energy,
    efficiency: buildEfficiency(worked, energy),
    pareto: buildPareto(measured, energy),
    telemetry,
    training,
    conversions,
    exports: buildExports(inputs),
    deployments: buildDeployments(inputs),
    devices,
    data: buildData(inputs),
    paper: buildPaper(inputs, { worked, telemetry, devices, energy }),
    timeline: buildTimeline(inputs),
    provenance: buildProvenance(inputs),
  };
  return { ...model, methods: buildMethods(model) };
}

/** The model as JSON can say it: what is not a finite number becomes `"NaN"`, `"Infinity"` or `"-Infinity"`, as in Protocol Buffers' JSON. */
export function modelJson(value: unknown): Json {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(modelJson);
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => [name, modelJson(member)]),
    );
  }
  throw new TypeError(`Internal error: a report cannot hold ${typeof value}`);
}
