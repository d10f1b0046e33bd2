import { basename } from 'node:path';
import { z } from 'zod';
import type { Json } from '../../pipeline/base/canonical.js';
import type { ExternalInput, ResolveContext, StageDefinition } from '../../pipeline/contract/stage.js';
import { modelDeclaration } from './model-declaration.js';

const options = z.strictObject({
  model: z
    .string()
    .optional()
    .describe(
      'The model under `models`, where there is no axis `model`: a teacher of another kind, for example',
    ),
  vocabulary: z
    .string()
    .optional()
    .describe('A WordPiece vocabulary, one token a line, for `random:` weights; made up when absent'),
});

/** The declaration of the model that the coordinates name, or the option where there is no such axis. */
function findModel(
  context: ResolveContext,
  given: Readonly<Record<string, Json>>,
): { blocked: string; hint: string } | { model: Record<string, Json> } {
  const known = Object.keys(context.models).sort();
  const hint =
    known.length > 0 ? `models in pipeline.yaml: ${known.join(', ')}` : 'pipeline.yaml declares no models';
  const name = context.coordinates.model ?? given.model;
  if (name === undefined) {
    return {
      blocked: 'no model is chosen',
      hint: 'give the stage `matrix: [model]` and declare the axis `model`, or name one by `with: { model: NAME }`',
    };
  }
  const declared = context.models[String(name)];
  if (declared === undefined) return { blocked: `no model is called ${JSON.stringify(name)}`, hint };
  const parsed = modelDeclaration.safeParse(declared);
  if (parsed.success) return { model: { ...declared } };
  const problems = parsed.error.issues.map((issue) =>
    issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message,
  );
  return {
    blocked: `models.${String(name)} cannot be used: ${problems.join('; ')}`,
    hint: 'see stages/encoder/README.md for what a model may say',
  };
}

export const definition: StageDefinition = {
  id: 'encoder',
  version: 1,
  summary: 'Gets a pretrained encoder: spec, weights, vocabulary',
  options,
  inputs: [],
  outputs: [{ name: 'encoder', artifact: 'encoder', path: 'encoder', kind: 'tree' }],
  worker: { language: 'python', file: 'stages/encoder/worker.py' },
  resolve(given, context) {
    const found = findModel(context, given);
    if ('blocked' in found) return found;
    const { model } = found;
    const weights = String(model.weights);
    const external: ExternalInput[] = [];
    if (weights.startsWith('dir:')) {
      const path = weights.slice('dir:'.length);
      external.push({ name: 'weights', path });
      // Where the folder lies must not enter the key; what is in it does.
      model.weights = `dir:${basename(path)}`;
    }
    if (typeof given.vocabulary === 'string' && weights.startsWith('random:')) {
      external.push({ name: 'vocabulary', path: given.vocabulary });
    }
    // Where the Hub is, and who asks: another one may have another model of that name.
    const env = weights.startsWith('hf:') ? { env: ['HF_ENDPOINT', 'HF_TOKEN'] } : {};
    return { options: { model }, external, needs: { cpu: 1 }, ...env };
  },
};
