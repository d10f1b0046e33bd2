import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../../../stages/report/build/model.js';
import type { ReportModel } from '../../../../stages/report/model/report.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { INSTALLATION } from '../../../rig/pipeline-rig.js';
import { schemaErrors } from '../../config/check-json-schema.js';
import { Fixture, type Shape } from './fixture.js';
import { documentOf, problemsOfReport, REPORT_SCHEMA } from './report-schema.js';

afterAll(() => Fixture.removeAll());

const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1], precisions: ['fp32', 'int8'] };
const PUBLISHED = join(INSTALLATION, 'stages', 'report', 'paper', 'tables.json');

async function modelOf(shape: Partial<Shape>): Promise<ReportModel> {
  const { job, ...context } = new Fixture({ tweets: 80, ...shape }).context();
  const inputs = await readInputs({ ...context, job: { ...job, external: { published: PUBLISHED } } });
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return buildModel(inputs.value);
}

describe('docs/report.schema.json', () => {
  it.each<[string, Partial<Shape>]>([
    ['seeds and devices', { ...small, seeds: [1, 2], devices: ['local', 'rpi4b'], emulated: ['rpi4b'] }],
    ['real tweets', { ...small, synthetic: false }],
    ['no evaluation', { precisions: [] }],
    ['nothing at all', { without: () => true }],
  ])('describes the report of %s', async (_name, shape) => {
    expect(problemsOfReport(await modelOf(shape))).toEqual([]);
  });

  it('refuses what a report cannot be', async () => {
    const document = documentOf(await modelOf({ ...small, seeds: [1] }));
    const { study: _, ...without } = document;
    const [training] = document.training as readonly Record<string, unknown>[];
    const withTraining = (change: Record<string, unknown>) => ({
      ...document,
      training: [{ ...training, ...change }],
    });
    expect(schemaErrors(REPORT_SCHEMA, withTraining({ best_epoch: 'NaN' }))).toEqual([]);
    expect(schemaErrors(REPORT_SCHEMA, withTraining({ best_epoch: 'three' }))).toEqual([
      '$.training[0].best_epoch anyOf',
    ]);
    expect(schemaErrors(REPORT_SCHEMA, { ...document, schema: 2 })).toEqual(['$.schema const']);
    expect(schemaErrors(REPORT_SCHEMA, { ...document, surplus: 1 })).toEqual([
      '$.surplus additionalProperties',
    ]);
    expect(schemaErrors(REPORT_SCHEMA, without)).toEqual(['$ required']);
    expect(schemaErrors(REPORT_SCHEMA, { ...document, texts: 'some' })).toEqual(['$.texts enum']);
  });

  it('says what its members mean', () => {
    const { properties } = REPORT_SCHEMA as { properties: Record<string, { description?: string }> };
    expect(Object.keys(properties)).toContain('provenance');
    const unexplained = Object.keys(properties).filter((name) => properties[name]?.description === undefined);
    expect(unexplained).toEqual(['schema', 'study', 'title']);
  });
});
