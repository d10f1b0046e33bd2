import { join } from 'node:path';
import { buildModel } from '../../../../stages/report/build/model.js';
import type { PaperView } from '../../../../stages/report/model/paper.js';
import type { ReportModel } from '../../../../stages/report/model/report.js';
import { energyDocument } from '../../../../stages/report/read/energy.js';
import type { LoadedEvaluation, ReportInputs } from '../../../../stages/report/read/inputs.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { INSTALLATION } from '../../../rig/pipeline-rig.js';
import { Fixture, type Shape } from './fixture.js';

export const TABLES = join(INSTALLATION, 'stages', 'report', 'paper', 'tables.json');
export const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1], tweets: 60 };

export type Change = (inputs: ReportInputs) => ReportInputs;

/** Export cards with counts: for n tokens 1,000 + 4,000,000 n + 2,000 n². */
export const withOperations: Change = (inputs) => ({
  ...inputs,
  exports: inputs.exports.map((card) => ({
    ...card,
    document: {
      ...card.document,
      multiply_accumulates: { fixed: 1000, per_token: 4_000_000, per_token_squared: 2000 },
    },
  })),
});

/** The model of a made-up run with the paper's tables. */
export async function modelOf(
  shape: Partial<Shape> = small,
  change: Change = (same) => same,
): Promise<ReportModel> {
  const { job, ...context } = new Fixture(shape).context();
  const inputs = await readInputs({ ...context, job: { ...job, external: { published: TABLES } } });
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return buildModel(change(inputs.value));
}

export async function paperOf(shape?: Partial<Shape>, change?: Change): Promise<PaperView> {
  const { paper } = await modelOf(shape, change);
  if (paper === null) throw new Error('there are published tables');
  return paper;
}

/** All evaluations changed in one way. */
export const changed =
  (change: (one: LoadedEvaluation) => Partial<LoadedEvaluation>): Change =>
  (inputs) => ({ ...inputs, evaluations: inputs.evaluations.map((one) => ({ ...one, ...change(one) })) });

/** What a meter says of all that a board drew: 0.05 J an inference, 3.5 W. */
const joules = { value: 0.05, u_k2: 0.002 };
const watts = { value: 3.5, u_k2: 0.1 };
export const energy = energyDocument.parse({
  ...{ meter: 'acs712-05b', power_class: 'measured_inline', emulated: false, calibrated: true },
  ...{ verdict: 'valid', findings: [], measured_s: 600, needed_s: 600, short: false, inferences: 640 },
  ...{ gross_j_per_inference: joules, net_j_per_inference: null, inferences_per_joule: null },
  ...{ mean_w: watts, idle_w: null, total: null, windows: [] },
});
