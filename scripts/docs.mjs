// `npm run docs`: writes what is generated from the code, so that it cannot say something else: the schema of
// pipeline.yaml and the reference of the command line. A test fails when a file is stale.
import { writeFileSync } from 'node:fs';
import { cliReference } from '../dist/pipeline/cli/reference.js';
import { jsonSchemaText } from '../dist/pipeline/config/json-schema.js';
import { definitions } from '../dist/stages/registry.js';

writeFileSync(new URL('../docs/pipeline.schema.json', import.meta.url), jsonSchemaText(definitions));
writeFileSync(new URL('../docs/reference/cli.md', import.meta.url), cliReference());
