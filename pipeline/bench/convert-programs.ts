import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/canonical.js';
import { type OwnPython, type ProgramCommand, workerCommand } from './worker-programs.js';

/** A Python with a script of the bench and a job for it. */
function script(
  python: string,
  installation: string,
  name: string,
  folder: string,
  job: Readonly<Record<string, Json>>,
  env: NodeJS.ProcessEnv,
): ProgramCommand {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(job));
  return { argv: [python, join(installation, 'pipeline', 'bench', `${name}.py`), file], env };
}

/** Writes the files of our route and of those that a tutorial shows; `only` some routes and precisions. */
export function makeFiles(
  own: OwnPython,
  preset: string,
  folder: string,
  only: { readonly routes?: readonly string[]; readonly precisions?: readonly string[] } = {},
): ProgramCommand {
  mkdirSync(join(folder, 'scratch'), { recursive: true });
  const env = own.environment(join(folder, 'scratch'));
  return script(own.python, own.installation, 'convert_files', folder, { preset, folder, ...only }, env);
}

/** Writes ONNX files of transformers' model with the weights of `encoder`. */
export function makeOnnx(
  python: string,
  installation: string,
  encoder: string,
  folder: string,
): ProgramCommand {
  const env = { ...process.env, HF_HUB_OFFLINE: '1' };
  return script(python, installation, 'convert_onnx', folder, { encoder, folder }, env);
}

/** Times files in turns, or looks at the memory of one. */
export function timeFiles(
  python: string,
  installation: string,
  folder: string,
  job: Readonly<Record<string, Json>>,
): ProgramCommand {
  return script(python, installation, 'convert_latency', folder, job, process.env);
}

/** The stages that a conversion takes, on a SavedModel: `freeze`, then `convert` once for each precision, called `convert int8`. */
export function convertStages(
  own: OwnPython,
  given: { readonly savedModel: string; readonly fit: string; readonly precisions: readonly string[] },
  folder: string,
): readonly { readonly name: string; readonly command: ProgramCommand }[] {
  const frozen = join(folder, 'freeze', 'frozen');
  const rewrites = ['fold_norms', 'fold_attention_scale', 'merge_siblings', 'first_row'];
  return [
    {
      name: 'freeze',
      command: workerCommand(own, 'freeze', join(folder, 'freeze'), {
        options: { sequence_length: 'dynamic', rewrites, texts: 32 },
        inputs: { model: given.savedModel, fit: given.fit },
        outputs: { frozen: 'frozen' },
      }),
    },
    ...given.precisions.map((precision) => ({
      name: `convert ${precision}`,
      command: workerCommand(own, 'convert', join(folder, `convert-${precision}`), {
        options: { precision, accept: {} },
        inputs: { frozen },
        outputs: { tflite: 'model.tflite', conversion: 'conversion.json' },
      }),
    })),
  ];
}
