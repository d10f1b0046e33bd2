import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema, jsonSchemaText } from '../../../pipeline/config/json-schema.js';
import { schemaErrors } from './check-json-schema.js';
import { definitions } from './fake-definitions.js';

const folder = join(import.meta.dirname, '../../fixtures/config');
const schema = jsonSchema(definitions);

const VALID = `version: 1
name: study
data: { package: ~, texts: [~] }
axes: { model: [small], seed: [1, 2] }
models: { small: { preset: minilm-l3, weights: "random:1", layers: 2 } }
stages:
  fetch: { uses: fetch, with: { source: sample } }
  clean: { uses: clean, from: fetch, with: { rules: ~ }, only: ~, executor: big, timeout: 1h30m, retries: 2 }
  count:
    uses: command
    from: clean
    retries: { count: 1, backoff: 0, on: [timed-out, "exit-nonzero:75"] }
    needs: { cpu: all, gpu: 1, memory: 2GB, mutex: bench }
    with: { run: [wc, "{inputs.clean.tweets}", "{outputs.n}"], outputs: { n: n.txt }, files: ~ }
executors: { big: { kind: ssh, host: me@desk, port: ~ }, farm: { kind: slurm, time: "2:00:00", arguments: [--x] } }
devices: { here: {}, pi: { host: pi, meter: { kind: acs712-05b, port: /dev/ttyACM0, calibration: ~ } } }
profiles:
  other: { devices: { pi: { meter: { port: /dev/ttyACM1 } } }, executors: { big: { host: other } }, stages: { clean: { with: { language: ES } }, fetch: ~ }, axes: { seed: ~ }, data: ~ }
`;

/** Mistakes that a schema can see: those of form, in the file itself. */
const FORM = ['unknown-key', 'missing-key', 'wrong-type', 'unknown-value', 'out-of-range', 'invalid-name'];
/** Free keys of a model against the common ones, keys against the kind of executor or meter, the time that a text means. */
const ONLY_THE_LOADER_SEES = [
  'model-near-miss',
  'executor-key-of-other-kind',
  'executor-local-has-no-keys',
  'meter-key-of-other-kind',
  'meter-without-port',
  'timeout-of-months',
];
const formCases = readdirSync(folder).filter((name) => {
  if (!existsSync(join(folder, name, 'pipeline.yaml'))) return false;
  if (existsSync(join(folder, name, 'arguments.json'))) return false;
  if (ONLY_THE_LOADER_SEES.includes(name)) return false;
  const expected = readFileSync(join(folder, name, 'expected.txt'), 'utf8');
  return FORM.some((code) => expected.includes(`error[${code}]`));
});

describe('jsonSchema', () => {
  it('accepts what the loader accepts, null included', () => {
    expect(schemaErrors(schema, parse(VALID))).toEqual([]);
  });

  it('has cases to refuse', () => {
    expect(formCases.length).toBeGreaterThan(20);
  });

  it.each(formCases)('refuses %s', (name) => {
    const text = readFileSync(join(folder, name, 'pipeline.yaml'), 'utf8');
    expect(schemaErrors(schema, parse(text))).not.toEqual([]);
  });

  it('makes the options depend on the kind of stage', () => {
    const errors = (line: string) =>
      schemaErrors(schema, parse(`version: 1\nname: study\nstages:\n  stage: ${line}\n`));
    expect(errors('{ uses: clean, with: { rules: light } }')).toEqual([]);
    expect(errors('{ uses: encoder, with: { rules: light } }')).not.toEqual([]);
    expect(errors('{ uses: fetch }')).not.toEqual([]);
    expect(errors('{ uses: fetc }')).not.toEqual([]);
  });

  it('does not depend on the order of the definitions', () => {
    const reversed = new Map([...definitions].reverse());
    expect(jsonSchemaText(reversed)).toBe(jsonSchemaText(definitions));
    expect(jsonSchemaText(definitions)).toMatch(/^\{[\s\S]*\}\n$/);
  });
});
