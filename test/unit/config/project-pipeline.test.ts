import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema } from '../../../pipeline/config/json-schema.js';
import { loadConfig } from '../../../pipeline/config/load.js';
import { printDiagnostic } from '../../../pipeline/config/print-diagnostic.js';
import { definitions } from '../../../stages/registry.js';
import { schemaErrors } from './check-json-schema.js';

const file = join(import.meta.dirname, '../../../pipeline.yaml');
const text = readFileSync(file, 'utf8');

function load(...profiles: string[]) {
  const result = loadConfig({ file, text, profiles, sets: [], definitions });
  if (result.ok) return result.value;
  throw new Error(result.error.map((item) => printDiagnostic(item, { color: false })).join('\n'));
}

describe('pipeline.yaml of this project', () => {
  it.each(['quickstart', 'replab', 'study'])('is right in profile %s', (profile) => {
    expect(load(profile).profile).toEqual([profile]);
  });

  it('trains under Slurm, each with a graphics processor, where `slurm` is laid over a profile', () => {
    const config = load('study', 'slurm');
    const elsewhere = config.stages.filter((stage) => stage.executor !== undefined);
    expect(elsewhere.map(({ name }) => name)).toEqual(['fine-tune']);
    expect(elsewhere[0]).toMatchObject({ executor: 'cluster', needs: { gpu: 1 }, retries: { count: 2 } });
    expect(config.executors.cluster?.kind).toBe('slurm');
    expect(config.axes).toEqual(load('study').axes);
  });

  it('is a quick look by default: nothing to prepare, this machine as the device', () => {
    const config = load();
    expect(config.profile).toEqual(['quickstart']);
    expect(config.axes.device).toEqual(['local']);
    expect(config.devices.local?.transport).toBe('local');
    const fetch = config.stages.find((stage) => stage.name === 'fetch');
    expect(fetch?.options).toMatchObject({ source: 'sample' });
  });

  it('pins what the paper states in the study', () => {
    const config = load('study');
    const fineTune = config.stages.find((stage) => stage.name === 'fine-tune');
    expect(fineTune?.options).toMatchObject({ learning_rate: 1e-5, batch_size: 32 });
    expect(config.axes).toEqual({
      model: ['bert-large', 'mobilebert'],
      seed: [1, 2, 3, 4, 5],
      precision: ['fp32', 'fp16', 'int8'],
      device: ['rpi3b', 'rpi3bplus', 'rpi4b'],
    });
    expect(config.stages.find((stage) => stage.name === 'convert')?.only).toEqual({ model: ['mobilebert'] });
  });

  it('agrees with the JSON Schema that editors use', () => {
    expect(schemaErrors(jsonSchema(definitions), parse(text, { merge: true }))).toEqual([]);
  });
});
