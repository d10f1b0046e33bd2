import { availableParallelism } from 'node:os';
import type { Json } from '../../base/canonical.js';
import { err, ok, type Result } from '../../base/result.js';
import {
  benchTraining,
  extrapolatedEpoch,
  GPU_CASES,
  TRAINING_CASES,
  type TrainerPeer,
} from '../../bench/training-bench.js';
import { installTrainer } from '../../bench/training-peer.js';
import { fineTune } from '../../bench/training-programs.js';
import type { BenchMeasure } from '../../contract/bench.js';
import type { StageDefinition } from '../../contract/stage.js';
import { hostComputesBfloat16, hostInstructionSet } from '../../execute/instruction-set.js';
import { benchPython } from '../bench-python.js';
import type { BenchRun } from '../bench-run.js';
import { graphicsProcessors } from '../capacity.js';
import { installationRoot, pythonOptions } from '../installation.js';

export const trainingCases = (gpu: boolean): readonly string[] =>
  (gpu ? GPU_CASES : TRAINING_CASES).map(({ name }) => name);

/**
 * `pipeline bench train`: the stage fine-tune on generated texts, beside the Trainer of Hugging Face's transformers; or BERT-Large
 * alone on a graphics processor.
 */
export async function benchTrain(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>> {
  const all = run.gpu ? GPU_CASES : TRAINING_CASES;
  const cases = all.filter(({ name }) => run.only === undefined || name === run.only);
  if (run.gpu && graphicsProcessors() === 0) {
    return err('no graphics processor was found on this machine: nothing was measured');
  }
  const python = await benchPython(
    run,
    pythonOptions(installationRoot(), run.gpu ? { ...process.env, EDGELINE_CUDA: '1' } : process.env),
    'fine-tune',
  );
  if (!python.ok) return python;
  const { own, stage } = python.value;
  const resolved = resolve(stage, run.gpu ? { processor: 'gpu' } : {});
  if (!resolved.ok) return resolved;
  const options = resolved.value;
  const threads = typeof options.threads === 'number' ? options.threads : 1;
  const peer = run.gpu ? err('none on a graphics processor') : await trainerPeer(run, own.python, threads);
  const measures = await benchTraining({
    own,
    program: fineTune(own, options),
    peer: peer.ok ? peer.value : null,
    ...(peer.ok ? {} : { withoutPeer: `no peers: ${peer.error}` }),
    cases,
    folder: run.folder,
    repeats: run.repeats,
    host: `${run.host}, ${hostInstructionSet(process.env)}, ${threads} threads, ${options.precision}`,
    signal: run.signal,
    onProgress: run.tell,
    onMeasured: run.keep,
  });
  if (!measures.ok || !run.gpu) return measures;
  return ok(
    measures.value.flatMap((measure) =>
      measure.unit === 'samples/s' ? [measure, extrapolatedEpoch(measure)] : [measure],
    ),
  );
}

async function trainerPeer(
  run: BenchRun,
  python: string,
  threads: number,
): Promise<Result<TrainerPeer, string>> {
  if (!run.peers) return err('--no-peers was given');
  run.tell('transformers and torch: installing them where they are not yet, which takes minutes');
  const peer = await installTrainer(run.cache, installationRoot(), python, threads, run.signal);
  if (!peer.ok) run.tell(`without peers: ${peer.error}`);
  return peer;
}

/** The options that a study gets which gives only these. */
function resolve(
  stage: StageDefinition,
  given: Readonly<Record<string, Json>>,
): Result<Readonly<Record<string, Json>>, string> {
  const parsed = stage.options.safeParse(given);
  if (!parsed.success)
    return err(`fine-tune does not take ${JSON.stringify(given)}: ${parsed.error.message}`);
  const resolved = stage.resolve(parsed.data as Readonly<Record<string, Json>>, {
    coordinates: {},
    data: { package: null, texts: [], cache: null },
    models: {},
    devices: {},
    installation: installationRoot(),
    host: { cpuCount: availableParallelism(), bfloat16: hostComputesBfloat16(process.env) },
  });
  return 'blocked' in resolved ? err(resolved.blocked) : ok(resolved.options);
}
