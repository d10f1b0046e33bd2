import type { Json } from '../../pipeline/base/canonical.js';
import { buildAlternatives } from './build-alternatives.js';
import { buildBaselines } from './build-baselines.js';
import { buildData, buildDeployments, buildDevices, buildExports, syntheticOf } from './build-data.js';
import { buildEfficiency } from './build-efficiency.js';
import { buildEnergy } from './build-energy.js';
import { buildFlags } from './build-flags.js';
import { buildInspections } from './build-inspections.js';
import { buildConversions, buildTelemetry, buildTraining } from './build-measurements.js';
import { buildNotices } from './build-notices.js';
import { buildPaper } from './build-paper.js';
import { buildPareto } from './build-pareto.js';
import { buildRows, conditionsKey } from './build-results.js';
import { buildTimeline } from './build-timeline.js';
import { buildValidity } from './build-validity.js';
import { answersOf } from './compare-rows.js';
import type { ReportInputs, Source } from './inputs.js';
import type { ReportModel } from './model.js';
import type { Provenance } from './model-provenance.js';
import { byAll, compareNaturally } from './order.js';

/** Quoted for a POSIX shell where that is needed. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

function buildProvenance(inputs: ReportInputs): Provenance[] {
  const {
    evaluations,
    training,
    validation,
    conversions,
    exports,
    fetch,
    clean,
    split,
    encode,
    deployments,
    baselines,
  } = inputs;
  const lists: readonly (readonly { readonly source: Source }[])[] = [
    evaluations,
    deployments,
    conversions,
    exports,
    training,
    validation,
    encode,
    // One for each classifier of the same instance.
    baselines.filter(
      ({ source }, at) => baselines.findIndex((one) => one.source.digest === source.digest) === at,
    ),
    split,
    clean,
    fetch,
  ];
  const profile = inputs.profile.length === 0 ? '' : ` --profile ${quoted(inputs.profile.join(','))}`;
  return lists.flatMap((list) =>
    list
      .map(({ source }) => ({
        instance: source.instance,
        artifact: source.artifact,
        key: source.key,
        digest: source.digest,
        command: `npx pipeline run ${quoted(source.instance)}${profile}`,
      }))
      .sort(
        byAll(
          (a, b) => compareNaturally(a.instance, b.instance),
          (a, b) => compareNaturally(a.digest, b.digest),
        ),
      ),
  );
}

/** Everything that the report says, from everything that was read. Pure: equal inputs in any order give an equal model. */
export function buildModel(inputs: ReportInputs): ReportModel {
  const measured = buildRows(inputs);
  const rows = measured.map(({ row }) => row);
  const baselines = buildBaselines(measured, inputs);
  const answers = answersOf(rows, baselines, (row) => conditionsKey(row.conditions));
  const conversions = buildConversions(inputs);
  const training = buildTraining(inputs);
  const energy = buildEnergy(measured);
  const telemetry = buildTelemetry(measured);
  const devices = buildDevices(inputs);
  const emulated = rows.filter(({ conditions }) => conditions.emulated).map(({ device }) => device);
  return {
    schema: 1,
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
    efficiency: buildEfficiency(inputs, measured, energy),
    pareto: buildPareto(measured, energy),
    telemetry,
    training,
    conversions,
    exports: buildExports(inputs),
    deployments: buildDeployments(inputs),
    devices,
    data: buildData(inputs),
    paper: buildPaper(inputs, { rows: measured, telemetry, devices, energy }),
    timeline: buildTimeline(inputs),
    provenance: buildProvenance(inputs),
  };
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
