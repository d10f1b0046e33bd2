import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelJson } from '../../../../stages/report/build/model.js';
import type { ReportModel } from '../../../../stages/report/model/report.js';
import { INSTALLATION } from '../../../rig/pipeline-rig.js';
import { schemaErrors } from '../../config/check-json-schema.js';

export const REPORT_SCHEMA: unknown = JSON.parse(
  readFileSync(join(INSTALLATION, 'docs', 'report.schema.json'), 'utf8'),
);

/** What report.json holds of a model. */
export const documentOf = (model: ReportModel): Record<string, unknown> =>
  JSON.parse(JSON.stringify(modelJson(model)));

/** Where the report breaks docs/report.schema.json. */
export const problemsOfReport = (model: ReportModel): string[] =>
  schemaErrors(REPORT_SCHEMA, documentOf(model));
