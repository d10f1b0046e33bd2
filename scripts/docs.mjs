// `npm run docs`: writes what is generated from the code, so that it cannot say something else: the schemas of
// pipeline.yaml and report.json, and the references of the command line and of report.json. A test fails when a file is stale.
import { writeFileSync } from 'node:fs';
import { cliReference } from '../dist/pipeline/cli/reference.js';
import { jsonSchemaText } from '../dist/pipeline/config/json-schema.js';
import { definitions } from '../dist/stages/registry.js';
import { reportReference, reportSchema, reportSchemaText } from './report-schema.mjs';

writeFileSync(new URL('../docs/pipeline.schema.json', import.meta.url), jsonSchemaText(definitions));
writeFileSync(new URL('../docs/reference/cli.md', import.meta.url), cliReference());
const report = reportSchema();
writeFileSync(new URL('../docs/report.schema.json', import.meta.url), reportSchemaText(report));
writeFileSync(new URL('../docs/reference/report-json.md', import.meta.url), reportReference(report));
