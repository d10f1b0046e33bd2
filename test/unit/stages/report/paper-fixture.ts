import { join } from 'node:path';
import { buildModel } from '../../../../stages/report/build-model.js';
import type { ReportInputs } from '../../../../stages/report/inputs.js';
import type { ReportModel } from '../../../../stages/report/model.js';
import type { PaperView } from '../../../../stages/report/model-paper.js';
import { readInputs } from '../../../../stages/report/read.js';
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
