import { join } from 'node:path';
import { ok, type Result } from '../base/result.js';
import { peerEnvironment } from './peer-environment.js';
import type { TrainerPeer } from './training-bench.js';
import { trainerSettings, transformersTrainer } from './training-programs.js';

const TORCH = '2.13.0';
const TRANSFORMERS = '5.18.0';
const ACCELERATE = '1.15.0';

/**
 * Transformers' Trainer from PyPI, with as many threads as ours. The settings of pip decide which build of torch it is.
 *
 * @param python the interpreter that Edgeline's workers have
 */
export async function installTrainer(
  cache: string,
  installation: string,
  python: string,
  threads: number,
  signal: AbortSignal,
): Promise<Result<TrainerPeer, string>> {
  const packages = [`torch==${TORCH}`, `transformers==${TRANSFORMERS}`, `accelerate==${ACCELERATE}`];
  const bin = await peerEnvironment(cache, python, packages, signal);
  if (!bin.ok) return bin;
  const own = { python: join(bin.value, 'python'), installation, threads };
  return ok({
    name: `the Trainer of transformers ${TRANSFORMERS} on torch ${TORCH} with ${threads} threads`,
    settings: trainerSettings,
    program: (setting) => transformersTrainer(own, setting),
  });
}
