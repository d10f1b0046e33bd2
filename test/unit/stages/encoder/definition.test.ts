import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ModelConfig } from '../../../../pipeline/contract/config.js';
import { definition } from '../../../../stages/encoder/definition.js';
import { resolveContext } from '../resolve-context.js';

const pipeline = z
  .object({ models: z.record(z.string(), z.record(z.string(), z.json())) })
  .parse(parse(readFileSync('pipeline.yaml', 'utf8')));

function resolve(model: ModelConfig, options = {}) {
  return definition.resolve(
    options,
    resolveContext({ coordinates: { model: 'mine' }, models: { mine: model } }),
  );
}

describe('encoder', () => {
  it.each(Object.keys(pipeline.models))('accepts the model %s of pipeline.yaml', (model) => {
    const context = resolveContext({ coordinates: { model }, models: pipeline.models });
    expect(definition.resolve({}, context)).toEqual({
      options: { model: pipeline.models[model] },
      external: [],
      needs: { cpu: 1 },
      ...(String(pipeline.models[model]?.weights).startsWith('hf:') && { env: ['HF_ENDPOINT', 'HF_TOKEN'] }),
    });
  });

  it('takes a size of layers as one number or as a list, and revisions with slashes', () => {
    const uneven = { preset: 'mobilebert', weights: 'hf:google/mobilebert-uncased@refs/pr/3', heads: [4, 2] };
    expect(resolve({ ...uneven, layers: 2, feed_forward_networks: [4, 1] })).toHaveProperty('options');
    expect(resolve({ ...uneven, heads: [] })).toMatchObject({ blocked: expect.stringContaining('heads') });
  });

  it('keys a folder of weights by its content, not by where it lies', () => {
    expect(resolve({ family: 'bert', weights: 'dir:/home/me/models/tiny' })).toEqual({
      options: { model: { family: 'bert', weights: 'dir:tiny' } },
      external: [{ name: 'weights', path: '/home/me/models/tiny' }],
      needs: { cpu: 1 },
    });
  });

  it('leaves the declaration itself as it was', () => {
    const model = Object.freeze({ family: 'bert', weights: 'dir:/a/b' });
    resolve(model);
    expect(model.weights).toBe('dir:/a/b');
  });

  it('gives a vocabulary to random weights only: others bring their own', () => {
    const options = { vocabulary: 'words.txt' };
    expect(resolve({ preset: 'bert-tiny', weights: 'random:1' }, options)).toMatchObject({
      external: [{ name: 'vocabulary', path: 'words.txt' }],
    });
    expect(resolve({ family: 'bert', weights: 'dir:/a/b' }, options)).toMatchObject({
      external: [{ name: 'weights' }],
    });
  });

  it('takes the model by name where there is no such axis', () => {
    const models = {
      a: { preset: 'bert-tiny', weights: 'random:1' },
      b: { family: 'bert', weights: 'random:2' },
    };
    expect(definition.resolve({ model: 'b' }, resolveContext({ models }))).toMatchObject({
      options: { model: models.b },
    });
    const coordinates = { model: 'a' };
    expect(definition.resolve({ model: 'b' }, resolveContext({ coordinates, models }))).toMatchObject({
      options: { model: models.a },
    });
  });

  it('says which models there are', () => {
    const models = { b: { preset: 'bert-tiny', weights: 'random:1' }, a: {} };
    expect(definition.resolve({}, resolveContext({ coordinates: { model: 'c' }, models }))).toEqual({
      blocked: 'no model is called "c"',
      hint: 'models in pipeline.yaml: a, b',
    });
    expect(definition.resolve({}, resolveContext({ models }))).toMatchObject({
      blocked: 'no model is chosen',
    });
  });

  it.each([
    [{ preset: 'bert-huge', weights: 'random:1' }, 'preset: '],
    [{ weights: 'random:1' }, 'expected a preset or a family'],
    [{ preset: 'bert-tiny', weights: 'random:one' }, 'weights: expected wheel:'],
    [{ preset: 'bert-tiny', weights: 'wheel:a==1.0' }, 'weights: expected wheel:'],
    [{ preset: 'bert-tiny', weights: 'http://example.org/a' }, 'weights: expected wheel:'],
    [{ preset: 'bert-tiny' }, 'weights: '],
    [{ preset: 'bert-tiny', weights: 'random:1', layres: 3 }, '"layres"'],
  ])('refuses %j', (model, problem) => {
    expect(resolve(model)).toMatchObject({ blocked: expect.stringContaining(problem) });
    expect(resolve(model)).toMatchObject({ blocked: expect.stringContaining('models.mine cannot be used') });
  });
});
