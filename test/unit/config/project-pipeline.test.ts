import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema } from '../../../pipeline/config/json-schema.js';
import { loadConfig } from '../../../pipeline/config/load.js';
import { printDiagnostic } from '../../../pipeline/config/print-diagnostic.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
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
  it.each(['quickstart', 'replab', 'study', 'distill'])('is right in profile %s', (profile) => {
    expect(load(profile).profile).toEqual([profile]);
  });

  it('asks X between fetch and clean where `x-api` is laid over a profile', () => {
    const stages = new Map(load('replab', 'x-api').stages.map((stage) => [stage.name, stage]));
    expect(stages.get('fetch')?.options).toMatchObject({ source: 'replab2013', texts_optional: true });
    expect(stages.get('hydrate')?.from).toEqual([{ stage: 'fetch', gather: false }]);
    expect(stages.get('clean')?.from).toEqual([{ stage: 'hydrate', gather: false }]);
    expect(stages.get('hydrate')?.options.language).toBe(stages.get('clean')?.options.language);
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
    expect(config.stages.find((stage) => stage.name === 'freeze')?.only).toEqual({ model: ['mobilebert'] });
  });

  it('teaches students of every model with all seeds of it', () => {
    const config = load('replab', 'distill');
    const find = (name: string) => config.stages.find((stage) => stage.name === name);
    expect(find('export')?.from).toEqual([{ stage: 'distill', gather: false }]);
    const host = { cpuCount: 2 };
    const graph = expandMatrix({ ...config, axes: { ...config.axes, seed: [1, 2] } }, definitions, {
      installation: '',
      host,
    });
    expect(graph.byId.get('teach@model=minilm-l6')?.dependencies).toEqual([
      'encode@model=minilm-l6',
      'fine-tune@model=minilm-l6,seed=1',
      'fine-tune@model=minilm-l6,seed=2',
    ]);
    expect(graph.byId.get('distill@model=minilm-l6,seed=2')?.dependencies).toEqual([
      'encode@model=minilm-l6',
      'encoder@model=minilm-l6',
      'teach@model=minilm-l6',
    ]);
  });

  it('can be extended as the guide to distillation says', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../../docs/guide/distillation.md'), 'utf8');
    const [, profile = ''] = /```yaml\nprofiles:\n([\s\S]*?)```/.exec(guide) ?? [];
    // Profiles are the last section of the file.
    const extended = `${text}\n${profile}`;
    const result = loadConfig({
      file,
      text: extended,
      profiles: ['study', 'large-teacher'],
      sets: [],
      definitions,
    });
    if (!result.ok)
      throw new Error(result.error.map((item) => printDiagnostic(item, { color: false })).join('\n'));
    const graph = expandMatrix(result.value, definitions, { installation: '', host: { cpuCount: 2 } });
    expect(graph.byId.get('teacher-encoder')?.resolved).toMatchObject({
      options: { model: { weights: 'hf:google-bert/bert-large-uncased' } },
    });
    expect(graph.byId.get('distill@model=mobilebert,seed=5')?.dependencies).toEqual([
      'encode@model=mobilebert',
      'encoder@model=mobilebert',
      'teach',
    ]);
  });

  it('agrees with the JSON Schema that editors use', () => {
    expect(schemaErrors(jsonSchema(definitions), parse(text, { merge: true }))).toEqual([]);
  });
});
