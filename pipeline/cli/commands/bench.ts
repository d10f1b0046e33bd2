import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../../base/result.js';
import { benchEngine, ENGINE_BENCH_SIZES } from '../../bench/engine-bench.js';
import { installPeers, type Peer } from '../../bench/peers.js';
import { benchTable } from '../../ui/bench-table.js';
import { EXIT } from '../exit-codes.js';
import { cacheFolder, installationRoot } from '../installation.js';
import { complain } from '../prepare.js';

export interface BenchOptions {
  readonly repeats: string;
  readonly peers: boolean;
  readonly json: boolean;
}

/** `pipeline bench AREA`: measures on this machine, with other programs for the same work in the same run. */
export async function bench(area: string, options: BenchOptions): Promise<number> {
  if (area !== 'engine') return complain(`there is no bench "${area}"`, 'there is: engine');
  const repeats = Number(options.repeats);
  if (!Number.isInteger(repeats) || repeats < 1) {
    return complain(`--repeats ${options.repeats}: not a count`, 'give 1 or more, for example --repeats 3');
  }
  const cache = cacheFolder(process.env);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-'));
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  const tell = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  try {
    let peers: Result<readonly Peer[], string> = { ok: false, error: '--no-peers was given' };
    if (options.peers) {
      tell('DVC and Snakemake: installing them where they are not yet');
      peers = await installPeers(cache, availableParallelism(), controller.signal);
      if (!peers.ok) tell(`without peers: ${peers.error}`);
    }
    const measures = await benchEngine({
      engine: [process.execPath, join(installationRoot(), 'bin', 'pipeline.cjs')],
      folder,
      peers: peers.ok ? peers.value : [],
      ...(peers.ok ? {} : { withoutPeers: `no peers: ${peers.error}` }),
      repeats,
      sizes: ENGINE_BENCH_SIZES,
      host: `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} processors, Node ${process.versions.node}`,
      signal: controller.signal,
      onProgress: tell,
    });
    if (controller.signal.aborted) return EXIT.aborted;
    if (!measures.ok) return complain(measures.error, '', EXIT.failed);
    if (options.json) process.stdout.write(`${JSON.stringify(measures.value, null, 2)}\n`);
    else process.stdout.write(`${benchTable(measures.value, process.stdout.columns || 100).join('\n')}\n`);
    return EXIT.ok;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}
