import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/canonical.js';
import { LABELS } from './training-texts.js';
import { type OwnPython, type ProgramCommand, workerCommand } from './worker-programs.js';

/** Folders and sizes of one training that several programs do. */
export interface TrainingTask {
  /** What the stage encoder wrote. */
  readonly encoder: string;
  /** What the stage encode would have written. */
  readonly fit: string;
  readonly batchSize: number;
  readonly steps: number;
}

/** How to start a program on a task; `folder` is an empty one of its own. */
export interface TrainingProgram {
  readonly name: string;
  command(task: TrainingTask, folder: string): ProgramCommand;
}

/** The stage's own worker, as the engine starts it, with the options that the stage resolved. */
export function fineTune(own: OwnPython, options: Readonly<Record<string, Json>>): TrainingProgram {
  return {
    name: 'edgeline',
    command: (task, folder) =>
      workerCommand(own, 'fine-tune', folder, {
        options: { ...options, batch_size: task.batchSize, epochs: 1 },
        inputs: { fit: task.fit, encoder: task.encoder },
        outputs: {
          checkpoint: 'checkpoint',
          training: 'training.json',
          predictions: 'validation-predictions.jsonl',
        },
      }),
  };
}

/** Settings of transformers' TrainingArguments, beyond those that say how much to train. */
export interface TrainerSetting {
  readonly name: string;
  readonly arguments: Readonly<Record<string, Json>>;
}

export const TRAINER_DEFAULT: TrainerSetting = { name: 'as it comes', arguments: {} };

const BFLOAT16 = { bf16: true };
const COMPILED = { torch_compile: true };
const BY_LENGTH = { train_sampling_strategy: 'group_by_length' };

/** What is tried beside the default for the best setting; the default's optimizer is the fused AdamW already. */
export function trainerSettings(lengthsDiffer: boolean): readonly TrainerSetting[] {
  const settings = [
    { name: 'bf16', arguments: BFLOAT16 },
    { name: 'torch_compile', arguments: COMPILED },
    { name: 'bf16 and torch_compile', arguments: { ...BFLOAT16, ...COMPILED } },
  ];
  if (!lengthsDiffer) return settings;
  // Texts of several lengths are compiled again for each, so grouping is what may help there.
  return [
    { name: 'group_by_length', arguments: BY_LENGTH },
    { name: 'group_by_length and bf16', arguments: { ...BY_LENGTH, ...BFLOAT16 } },
  ];
}

/** Transformers' Trainer in a Python of its own. */
export function transformersTrainer(
  own: { readonly python: string; readonly installation: string; readonly threads: number },
  setting: TrainerSetting,
): TrainingProgram {
  return {
    name: setting.name,
    command: (task, folder) => {
      mkdirSync(folder, { recursive: true });
      const file = join(folder, 'job.json');
      const job = {
        encoder: task.encoder,
        texts: join(task.fit, 'train.jsonl'),
        output: join(folder, 'output'),
        labels: LABELS.length,
        steps: task.steps,
        batch_size: task.batchSize,
        threads: own.threads,
        seed: 1,
        device: 'cpu',
        setting: setting.arguments,
      };
      writeFileSync(file, JSON.stringify(job));
      return {
        argv: [own.python, join(own.installation, 'pipeline', 'bench', 'peer_trainer.py'), file],
        env: {
          ...process.env,
          HF_HUB_OFFLINE: '1',
          TORCHINDUCTOR_CACHE_DIR: join(folder, '..', 'compiled'),
          TOKENIZERS_PARALLELISM: 'false',
        },
      };
    },
  };
}
