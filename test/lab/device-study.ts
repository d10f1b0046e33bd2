import type { Event } from '../../pipeline/contract/event.js';
import type { PipelineRig, RunResult } from '../rig/pipeline-rig.js';

/** As short as a chain to devices can be: a tiny random encoder, a few steps of training, four tweets to classify. */
export function deviceStudy(devices: Readonly<Record<string, object>>): string {
  return `version: 1
name: boards-of-the-lab
data: { package: package, texts: texts }
axes: { model: [tiny], device: [${Object.keys(devices).join(', ')}] }
models:
  tiny: { family: bert, weights: "random:1", layers: 1, hidden_size: 32, intermediate_size: 64, heads: 2, vocabulary_size: 1200, max_positions: 64 }
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 16 } }
  fine-tune: { uses: fine-tune, from: [encode, encoder], with: { epochs: 1, limit_train: 32 } }
  export: { uses: export, from: fine-tune }
  freeze: { uses: freeze, from: [export, encode] }
  convert: { uses: convert, from: freeze }
  deploy: { uses: deploy, from: [convert, encode], matrix: [device] }
  evaluate: { uses: evaluate, from: deploy, with: { limit: 4 } }
  report: { uses: report, from: [fetch, clean, split, encode@*, fine-tune@*, export@*, convert@*, deploy@*, evaluate@*] }
devices: ${JSON.stringify(devices)}
`;
}

export interface Evaluation {
  readonly emulated: boolean;
  readonly probe: { readonly board_id: string };
}

export interface Receipt {
  readonly sent_bytes: number;
  readonly probe: { readonly emulated: boolean };
}

export function evaluationOf(rig: PipelineRig, device: string): Evaluation {
  return JSON.parse(
    rig.read(`artifacts/out/evaluate/device=${device},model=tiny/evaluation/evaluation.json`),
  );
}

export function receiptOf(rig: PipelineRig, device: string): Receipt {
  return JSON.parse(rig.read(`artifacts/out/deploy/device=${device},model=tiny/deployment.json`));
}

/** What a run said of the instances that failed. */
export function failuresOf(run: RunResult): readonly unknown[] {
  return run
    .events()
    .flatMap((event: Event) =>
      event.type === 'instance-finished' && event.outcome.failure !== undefined
        ? [event.outcome.failure]
        : [],
    )
    .filter(({ reason }) => reason !== 'dependency-failed');
}
