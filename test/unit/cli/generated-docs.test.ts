import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliReference } from '../../../pipeline/cli/reference.js';
import { jsonSchemaText } from '../../../pipeline/config/json-schema.js';
import {
  reportReference,
  reportSchema,
  reportSchemaText,
  type Schema,
} from '../../../scripts/report-schema.mjs';
import { definitions } from '../../../stages/registry.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';

let made: Schema | undefined;
/** The compiler reads all types for it, so that once is enough. */
function report(): Schema {
  made ??= reportSchema();
  return made;
}

describe('generated documents are what `npm run docs` would write now', () => {
  test.each([
    ['docs/pipeline.schema.json', () => jsonSchemaText(definitions)],
    ['docs/reference/cli.md', () => cliReference()],
    ['docs/report.schema.json', () => reportSchemaText(report())],
    ['docs/reference/report-json.md', () => reportReference(report())],
  ])('%s', (file, make) => {
    expect(readFileSync(join(INSTALLATION, file), 'utf8')).toBe(make());
  });
});

describe('stages', () => {
  test.each([...definitions.values()].map((definition) => [definition.id, definition] as const))(
    '%s has a worker, a README that names its options, and outputs of its own',
    (id, definition) => {
      const own = definition.worker.language === 'command' ? 'definition.ts' : 'worker.';
      expect(definition.worker.file.startsWith(`stages/${id}/${own}`)).toBe(true);
      const readmeOf = (stage: string) =>
        readFileSync(join(INSTALLATION, 'stages', stage, 'README.md'), 'utf8');
      // Stages that train share options, which are explained once.
      const readme = readmeOf(id).replace('`stages/fine-tune/README.md`', () => readmeOf('fine-tune'));
      const schema = definition.options as unknown as { shape: Record<string, unknown> };
      for (const option of Object.keys(schema.shape))
        expect(readme, `${id} README: ${option}`).toContain(option);
      expect(new Set(definition.outputs.map((output) => output.path)).size).toBe(definition.outputs.length);
    },
  );
});
