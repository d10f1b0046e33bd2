import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../pipeline/config/load.js';
import type { PipelineConfig } from '../../../pipeline/contract/config.js';
import { definitions } from './fake-definitions.js';

const TEXT = `version: 1
name: study
default_profile: quick
data: { package: ~, texts: [~] }
axes:
  model: [small, large]
  seed: [1, 2]
  device: [here]
models:
  small: { preset: minilm-l3, weights: &weights "random:1", layers: 2 }
  large: { family: bert, weights: *weights }
stages:
  fetch: { uses: fetch, with: { source: sample } }
  clean: { uses: clean, from: fetch, with: { rules: paper } }
  encoder: { uses: encoder, matrix: [model] }
  fine-tune:
    uses: fine-tune
    from: [clean, encoder]
    matrix: [seed]
    with: { learning_rate: 1.0e-5 }
  export: { uses: export, from: fine-tune }
  convert: { uses: convert, from: export, only: { model: small } }
  deploy: { uses: deploy, from: convert, matrix: [device] }
  report: { uses: report, from: [deploy@*, clean] }
devices:
  here: {}
  pi: { host: pi@pi.local, port: 2222, threads: 4 }
profiles:
  quick:
    axes: { seed: [1] }
    stages: { clean: { with: { rules: ~, language: ES } }, convert: { only: ~ } }
  bold:
    name: bold study
    axes: { seed: [7, 8] }
    stages: { fine-tune: { with: { learning_rate: 0.5 } }, report: ~ }
  full: {}
`;

function load(profiles: readonly string[] = [], sets: readonly string[] = [], text = TEXT) {
  return loadConfig({ file: '/project/pipeline.yaml', text, profiles, sets, definitions });
}

function loaded(...args: Parameters<typeof load>): PipelineConfig {
  const result = load(...args);
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2));
  return result.value;
}

function stageOf(config: PipelineConfig, name: string) {
  const stage = config.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`no stage ${name}`);
  return stage;
}

describe('loadConfig', () => {
  it('gives the whole configuration with defaults filled in', () => {
    const config = loaded(['full']);
    expect({ ...config, stages: config.stages.map((stage) => stage.name) }).toEqual({
      name: 'study',
      profile: ['full'],
      root: '/project',
      data: { package: null, texts: [], cache: null },
      axes: { model: ['small', 'large'], seed: [1, 2], device: ['here'] },
      models: {
        small: { preset: 'minilm-l3', weights: 'random:1', layers: 2 },
        large: { family: 'bert', weights: 'random:1' },
      },
      executors: {},
      devices: {
        here: { name: 'here', transport: 'local', threads: 1 },
        pi: { name: 'pi', transport: 'ssh', host: 'pi@pi.local', port: 2222, threads: 4 },
      },
      stages: ['fetch', 'clean', 'encoder', 'fine-tune', 'export', 'convert', 'deploy', 'report'],
    });
    expect(stageOf(config, 'convert')).toEqual({
      name: 'convert',
      uses: 'convert',
      from: [{ stage: 'export', gather: false }],
      matrix: [],
      only: { model: ['small'] },
      options: { sequence_length: 'dynamic' },
      range: {
        file: 'pipeline.yaml',
        line: 22,
        column: 3,
        length: 7,
        text: '  convert: { uses: convert, from: export, only: { model: small } }',
      },
    });
    expect(stageOf(config, 'report').from).toEqual([
      { stage: 'deploy', gather: true },
      { stage: 'clean', gather: false },
    ]);
  });

  it('uses the default profile when none is named', () => {
    const config = loaded();
    expect(config.profile).toEqual(['quick']);
    expect(config.axes.seed).toEqual([1]);
  });

  it('uses no profile when there is neither a chosen nor a default one', () => {
    expect(loaded([], [], TEXT.replace('default_profile: quick\n', '')).profile).toEqual([]);
  });

  it('merges maps, replaces lists and lets ~ remove', () => {
    const config = loaded(['quick']);
    expect(stageOf(config, 'clean').options).toEqual({ rules: 'light', language: 'ES', keep_emojis: false });
    expect(stageOf(config, 'convert').only).toEqual({});
  });

  it('lets a profile change one key of a meter, and ~ in it is not given', () => {
    const text = TEXT.replace(
      'threads: 4 }',
      'threads: 4, meter: { kind: acs712-05b, port: /dev/ttyACM0, calibration: ~ } }',
    ).replace('  full: {}', '  full: { devices: { pi: { meter: { port: /dev/ttyACM1 } } } }');
    expect(loaded(['bold'], [], text).devices.pi?.meter).toEqual({
      kind: 'acs712-05b',
      port: '/dev/ttyACM0',
    });
    expect(loaded(['full'], [], text).devices.pi?.meter).toEqual({
      kind: 'acs712-05b',
      port: '/dev/ttyACM1',
    });
    expect(loaded(['full'], ['devices.pi.meter=~'], text).devices.pi).not.toHaveProperty('meter');
  });

  it('applies profiles in order', () => {
    expect(loaded(['quick', 'bold']).axes.seed).toEqual([7, 8]);
    const config = loaded(['bold', 'quick']);
    expect(config.axes.seed).toEqual([1]);
    expect(config.name).toBe('bold study');
    expect(config.profile).toEqual(['bold', 'quick']);
    expect(config.stages.map((stage) => stage.name)).not.toContain('report');
    expect(stageOf(config, 'fine-tune').options).toMatchObject({ learning_rate: 0.5, batch_size: 32 });
  });

  it('applies --set after the profiles, in order', () => {
    const config = loaded(
      ['bold'],
      ['axes.seed=[3]', 'axes.seed=[4, 5]', 'stages.fine-tune.with.learning_rate=1e-3', 'name=other'],
    );
    expect(config.axes.seed).toEqual([4, 5]);
    expect(stageOf(config, 'fine-tune').options).toMatchObject({ learning_rate: 0.001 });
    expect(config.name).toBe('other');
  });

  it('takes one folder of texts for a list of one', () => {
    const config = loaded([], ['data.package=../replab', 'data.texts=../texts=1']);
    expect(config.data).toEqual({ package: '../replab', texts: ['../texts=1'], cache: null });
    expect(loaded([], ['data.texts=[a, b]']).data.texts).toEqual(['a', 'b']);
  });

  it('lets --set add a model or a device when it is given whole', () => {
    const config = loaded(
      [],
      ['models.new={ preset: minilm-l6, weights: "dir:x" }', 'axes.model=[new]', 'devices.more={}'],
    );
    expect(config.models.new).toEqual({ preset: 'minilm-l6', weights: 'dir:x' });
    expect(config.devices.more?.transport).toBe('local');
  });

  it('lets --set remove with ~', () => {
    expect(stageOf(loaded(['full'], ['stages.convert.only=~']), 'convert').only).toEqual({});
    expect(loaded(['full'], ['stages.report=~']).stages.map((stage) => stage.name)).not.toContain('report');
  });

  it('points at the profile that caused a problem of the merged whole', () => {
    const result = load(['bold'], [], TEXT.replace('report: ~', 'export: ~'));
    expect(result.ok).toBe(false);
    if (result.ok) return;
    const codes = result.error.map((diagnostic) => [diagnostic.code, diagnostic.range?.line]);
    expect(codes).toEqual([['unknown-stage', 22]]);
    const wrong = load(['bold'], [], TEXT.replace('learning_rate: 0.5', 'learning_rate: 5'));
    expect(wrong.ok ? [] : wrong.error.map((diagnostic) => diagnostic.range?.line)).toEqual([35]);
  });

  it('does not check the options of a profile that is not used', () => {
    expect(load(['quick'], [], TEXT.replace('learning_rate: 0.5', 'learning_rate: 5')).ok).toBe(true);
  });

  it('is deterministic and leaves its input alone', () => {
    expect(JSON.stringify(loaded(['bold']))).toBe(JSON.stringify(loaded(['bold'])));
  });

  it('accepts YAML merge keys, with own keys first', () => {
    const text = TEXT.replace(
      '  large: { family',
      '  tiny: &tiny { preset: minilm-l3, weights: "random:2", layers: 1 }\n' +
        '  copy: { <<: [*tiny, { layers: 9, heads: 2 }], weights: "random:3" }\n  large: { family',
    );
    expect(loaded(['full'], [], text).models.copy).toEqual({
      preset: 'minilm-l3',
      weights: 'random:3',
      layers: 1,
      heads: 2,
    });
  });

  it('inherits axes through @* not at all, so that a gathering stage may add them again', () => {
    const text = TEXT.replace('from: [deploy@*, clean] }', 'from: [deploy@*, clean], matrix: [device] }');
    expect(stageOf(loaded(['full'], [], text), 'report').matrix).toEqual(['device']);
  });
});
