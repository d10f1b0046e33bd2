import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/export/definition.js';
import { resolveContext } from '../resolve-context.js';

describe('export', () => {
  it('has no options', () => {
    expect(definition.options.safeParse({ format: 'onnx' }).success).toBe(false);
    expect(definition.resolve({}, resolveContext())).toEqual({
      options: {},
      external: [],
      needs: { cpu: 1 },
    });
  });

  it('writes the SavedModel as a tree, so that equal files of two trainings are stored once', () => {
    expect(definition.outputs).toContainEqual({
      name: 'model',
      artifact: 'saved-model',
      path: 'saved_model',
      kind: 'tree',
    });
  });
});
