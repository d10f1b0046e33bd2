import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../pipeline/contract/store.js';
import { INSTALLATION, type PipelineRig } from './pipeline-rig.js';

const sample = (...parts: string[]): string => join(INSTALLATION, 'datasets', 'sample', ...parts);

/** What {@link tinyTraining} reads, for the rig's `copies`. */
export const TINY_COPIES = { package: sample('official'), texts: sample('texts') };

/**
 * A study as short as one with training can be: a random encoder of one layer and many small epochs, each of which ends
 * with a state from which a killed training goes on.
 */
export function tinyTraining(seeds: readonly number[], where = '', executors = '{}'): string {
  return `version: 1
name: tiny-training
data: { package: package, texts: texts }
axes: { model: [tiny], seed: [${seeds.join(', ')}] }
models:
  tiny: { family: bert, weights: "random:1", layers: 1, hidden_size: 32, intermediate_size: 64, heads: 2, vocabulary_size: 1200, max_positions: 64 }
executors: ${executors}
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 16 } }
  fine-tune: { uses: fine-tune, from: [encode, encoder], matrix: [seed], with: { epochs: 25, limit_train: 96 }${where} }
`;
}

/** The key of an instance's training that has not ended, and the folder in which it keeps its states. */
export interface InterruptibleTraining {
  readonly key: string;
  readonly folder: string;
}

/** The training of an instance once it has kept a state; null before. */
export function trainingWithState(rig: PipelineRig, instance: string): InterruptibleTraining | null {
  const above = rig.path('artifacts/resume');
  for (const key of existsSync(above) ? readdirSync(above) : []) {
    const note = join(above, key, 'note.json');
    if (!existsSync(note) || JSON.parse(readFileSync(note, 'utf8')).instance !== instance) continue;
    const [executor] = readdirSync(join(above, key)).filter((name) => !name.startsWith('note.json'));
    const folder = join(above, key, executor ?? '');
    const whole = executor !== undefined && readdirSync(folder).some((name) => /^step-\d+\.json$/.test(name));
    return whole ? { key, folder } : null;
  }
  return null;
}

/** Steps after which a training went on, as it tells itself. */
export function resumedAt(rig: PipelineRig, folder: string): readonly number[] {
  const training = JSON.parse(rig.read(join('artifacts/out/fine-tune', folder, 'training.json')));
  return training.resumed_at as number[];
}

/** The record of each training by its instance. */
export function trainingRecords(rig: PipelineRig): ReadonlyMap<string, RunRecord> {
  const records = rig
    .files('artifacts/store/v1/actions')
    .filter((path) => path.endsWith('.json'))
    .map((path) => JSON.parse(rig.read(path)) as RunRecord)
    .filter(({ instance }) => instance.startsWith('fine-tune@'));
  return new Map(records.map((record) => [record.instance, record]));
}
