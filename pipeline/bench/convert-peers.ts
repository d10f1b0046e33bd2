import { join } from 'node:path';
import { ok, type Result } from '../base/result.js';
import type { ConvertPeers } from './convert-bench.js';
import { peerEnvironment } from './peer-environment.js';

const TORCH = '2.13.0';
const TRANSFORMERS = '5.18.0';
const ONNX = '1.23.2';
const ONNX_SCRIPT = '0.7.2';
const ONNX_RUNTIME = '1.31.1';

/**
 * ONNX Runtime from PyPI, beside the LiteRT that Edgeline has, and PyTorch to make ONNX files with.
 *
 * @param python the interpreter that Edgeline's workers have
 * @param litert the version of ai-edge-litert there
 */
export async function installConvertPeers(
  cache: string,
  python: string,
  litert: string,
  signal: AbortSignal,
): Promise<Result<ConvertPeers, string>> {
  const runtime = [`onnxruntime==${ONNX_RUNTIME}`];
  const runner = await peerEnvironment(cache, python, [`ai-edge-litert==${litert}`, ...runtime], signal);
  if (!runner.ok) return runner;
  const torch = await peerEnvironment(
    cache,
    python,
    [
      ...[`torch==${TORCH}`, `transformers==${TRANSFORMERS}`, `onnx==${ONNX}`],
      ...[`onnxscript==${ONNX_SCRIPT}`, ...runtime],
    ],
    signal,
  );
  if (!torch.ok) return torch;
  return ok({
    torchPython: join(torch.value, 'python'),
    runnerPython: join(runner.value, 'python'),
    name: `onnxruntime ${ONNX_RUNTIME} on transformers ${TRANSFORMERS}'s model`,
  });
}
