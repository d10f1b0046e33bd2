import { availableParallelism } from 'node:os';
import { definitions } from '../../../stages/registry.js';
import type { Json } from '../../base/canonical.js';
import { err, ok, type Result } from '../../base/result.js';
import { benchTraining, TRAINING_CASES, type TrainerPeer } from '../../bench/training-bench.js';
import { installTrainer } from '../../bench/training-peer.js';
import { fineTune } from '../../bench/training-programs.js';
import type { BenchMeasure } from '../../contract/bench.js';
import type { StageDefinition } from '../../contract/stage.js';
import { hostInstructionSet } from '../../execute/instruction-set.js';
import { ensureEnvironment } from '../../execute/python-environment.js';
import { failureMessage } from '../../ui/messages.js';
import type { BenchRun } from '../bench-run.js';
import { installationRoot, pythonOptions } from '../installation.js';
import { workerEnvironment } from '../worker-environment.js';

/** `pipeline bench train`: the stage fine-tune on generated texts, beside the Trainer of Hugging Face's transformers. */
export async function benchTrain(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>> {
  const installation = installationRoot();
  const environment = await ensureEnvironment(
    pythonOptions(installation, process.env),
    (message, done, total) =>
      run.tell(`python: ${message}${done === undefined ? '' : ` (${done} of ${total})`}`),
    run.signal,
  );
  if (!environment.ok) return err(failureMessage(environment.error, 'bench').text);
  const { python } = environment.value;
  const stage = definitions.get('fine-tune');
  if (stage === undefined) throw new Error('Internal error: there is no stage fine-tune');
  const resolved = resolve(stage);
  if (!resolved.ok) return resolved;
  const options = resolved.value;
  const threads = typeof options.threads === 'number' ? options.threads : 1;
  let peer: Result<TrainerPeer, string> = err('--no-peers was given');
  if (run.peers) {
    run.tell('transformers and torch: installing them where they are not yet, which takes minutes');
    peer = await installTrainer(run.cache, installation, python, threads, run.signal);
    if (!peer.ok) run.tell(`without peers: ${peer.error}`);
  }
  const own = {
    python,
    installation,
    environment: (scratch: string) => workerEnvironment(process.env, installation, scratch, stage.worker),
  };
  return await benchTraining({
    own,
    program: fineTune(own, options),
    peer: peer.ok ? peer.value : null,
    ...(peer.ok ? {} : { withoutPeer: `no peers: ${peer.error}` }),
    cases: TRAINING_CASES,
    folder: run.folder,
    repeats: run.repeats,
    host: `${run.host}, ${hostInstructionSet(process.env)}, ${threads} threads, ${options.precision}`,
    signal: run.signal,
    onProgress: run.tell,
  });
}

/** The options that a study gets which gives none. */
function resolve(stage: StageDefinition): Result<Readonly<Record<string, Json>>, string> {
  const given = stage.options.parse({}) as Readonly<Record<string, Json>>;
  const resolved = stage.resolve(given, {
    coordinates: {},
    data: { package: null, texts: [], cache: null },
    models: {},
    devices: {},
    installation: installationRoot(),
    host: { cpuCount: availableParallelism() },
  });
  return 'blocked' in resolved ? err(resolved.blocked) : ok(resolved.options);
}
