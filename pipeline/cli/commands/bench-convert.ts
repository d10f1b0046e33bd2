import { readFileSync } from 'node:fs';
import { err, type Result } from '../../base/result.js';
import { benchConvert, CONVERT_CASES, type ConvertPeers } from '../../bench/convert-bench.js';
import { installConvertPeers } from '../../bench/convert-peers.js';
import type { BenchMeasure } from '../../contract/bench.js';
import { hostInstructionSet } from '../../execute/instruction-set.js';
import { benchPython } from '../bench-python.js';
import type { BenchRun } from '../bench-run.js';
import { installationRoot, pythonOptions } from '../installation.js';

const LENGTHS = [16, 32, 64, 128];
const THREADS = [1, 2];
const CALLS = 30;

export const convertCases = (): readonly string[] => CONVERT_CASES.map(({ name }) => name);

/** `pipeline bench convert`: our TFLite files beside those of Keras' export, of the plain converter, and ONNX Runtime. */
export async function benchConvertArea(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>> {
  const cases = CONVERT_CASES.filter(({ name }) => run.only === undefined || name === run.only);
  const options = pythonOptions(installationRoot(), process.env);
  const python = await benchPython(run, options, 'convert');
  if (!python.ok) return python;
  const { own } = python.value;
  const litert = /^ai-edge-litert==(\S+)/m.exec(readFileSync(options.lockFile, 'utf8'))?.[1] ?? '';
  const peers = await convertPeers(run, own.python, litert);
  return await benchConvert({
    own,
    peers: peers.ok ? peers.value : null,
    ...(peers.ok ? {} : { withoutPeers: `without onnxruntime: ${peers.error}` }),
    cases,
    lengths: LENGTHS,
    threads: THREADS,
    calls: CALLS,
    repeats: run.repeats,
    folder: run.folder,
    host: `${run.host}, ${hostInstructionSet(process.env)}, LiteRT ${litert}`,
    signal: run.signal,
    onProgress: run.tell,
    onMeasured: run.keep,
  });
}

async function convertPeers(
  run: BenchRun,
  python: string,
  litert: string,
): Promise<Result<ConvertPeers, string>> {
  if (!run.peers) return err('--no-peers was given');
  run.tell('onnxruntime and torch: installing them where they are not yet, which takes minutes');
  const peers = await installConvertPeers(run.cache, python, litert, run.signal);
  if (!peers.ok) run.tell(`without onnxruntime: ${peers.error}`);
  return peers;
}
