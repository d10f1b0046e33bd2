import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../../base/result.js';
import { benchEngine, ENGINE_BENCH_SIZES } from '../../bench/engine-bench.js';
import { installPeers, type Peer } from '../../bench/peers.js';
import type { BenchMeasure } from '../../contract/bench.js';
import type { BenchRun } from '../bench-run.js';
import { installationRoot } from '../installation.js';

/** `pipeline bench engine`: the speed of this program, beside DVC and Snakemake. */
export async function benchEngineArea(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>> {
  let peers: Result<readonly Peer[], string> = { ok: false, error: '--no-peers was given' };
  if (run.peers) {
    run.tell('DVC and Snakemake: installing them where they are not yet');
    peers = await installPeers(run.cache, availableParallelism(), run.signal);
    if (!peers.ok) run.tell(`without peers: ${peers.error}`);
  }
  return await benchEngine({
    engine: [process.execPath, join(installationRoot(), 'bin', 'pipeline.cjs')],
    folder: run.folder,
    peers: peers.ok ? peers.value : [],
    ...(peers.ok ? {} : { withoutPeers: `no peers: ${peers.error}` }),
    repeats: run.repeats,
    sizes: ENGINE_BENCH_SIZES,
    host: run.host,
    signal: run.signal,
    onProgress: run.tell,
  });
}
