import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson } from '../../pipeline/base/canonical.js';
import { ok } from '../../pipeline/base/result.js';
import type { StageWorker } from '../../pipeline/contract/worker.js';
import { buildModel, modelJson } from './build/model.js';
import { readInputs } from './read/read.js';
import { renderTree } from './render.js';

export const run: StageWorker = async (context) => {
  const inputs = await readInputs(context);
  if (!inputs.ok) return inputs;
  const model = buildModel(inputs.value);
  for (const notice of model.notices) context.log('warning', notice);
  const folder = context.job.outputs.report ?? join(context.job.out_dir, 'report');
  writeFileAtomically(join(folder, 'report.json'), `${canonicalJson(modelJson(model))}\n`);
  for (const { name, text } of renderTree(model)) {
    // Hundreds of small files, of a folder that is taken only once it is whole.
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return ok({
    rows: model.results.length,
    evaluations: inputs.value.evaluations.length,
    notices: model.notices.length,
  });
};
