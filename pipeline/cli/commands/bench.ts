import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { BenchMeasure } from '../../contract/bench.js';
import { benchTable } from '../../ui/bench-table.js';
import type { BenchArea } from '../bench-run.js';
import { EXIT } from '../exit-codes.js';
import { cacheFolder } from '../installation.js';
import { complain } from '../prepare.js';
import { benchConvertArea, convertCases } from './bench-convert.js';
import { benchDataArea, dataCases } from './bench-data.js';
import { benchDeviceArea } from './bench-device.js';
import { benchEngineArea } from './bench-engine.js';
import { benchReportArea } from './bench-report.js';
import { benchTrain, trainingCases } from './bench-train.js';

export interface BenchOptions {
  readonly repeats: string;
  readonly peers: boolean;
  readonly gpu: boolean;
  readonly only?: string;
  readonly set?: readonly string[];
  readonly json: boolean;
}

const AREAS: Readonly<Record<string, BenchArea>> = {
  engine: { cases: () => [], measure: benchEngineArea },
  train: { cases: trainingCases, measure: benchTrain },
  convert: { cases: convertCases, measure: benchConvertArea },
  device: { cases: () => [], measure: benchDeviceArea },
  data: { cases: dataCases, measure: benchDataArea },
  report: { cases: () => [], measure: benchReportArea },
};

/** `pipeline bench AREA`: measures on this machine, with other programs for the same work in the same run. */
export async function bench(area: string, options: BenchOptions): Promise<number> {
  const chosen = AREAS[area];
  if (chosen === undefined) {
    return complain(`there is no bench "${area}"`, `there are: ${Object.keys(AREAS).join(', ')}`);
  }
  if (options.gpu && area !== 'train') {
    return complain('--gpu: only `bench train` can use a graphics processor', 'leave it out');
  }
  const set = options.set ?? [];
  if (set.length > 0 && area !== 'data') {
    return complain('--set: only `bench data` reads a pipeline.yaml', 'leave it out');
  }
  const cases = chosen.cases(options.gpu);
  if (options.only !== undefined && !cases.includes(options.only)) {
    if (cases.length === 0) {
      return complain(`--only: the measures of \`bench ${area}\` are made together`, 'leave it out');
    }
    return complain(`--only ${options.only}: no such case`, `there are: ${cases.join(', ')}`);
  }
  const repeats = Number(options.repeats);
  if (!Number.isInteger(repeats) || repeats < 1) {
    return complain(`--repeats ${options.repeats}: not a count`, 'give 1 or more, for example --repeats 3');
  }
  const cache = cacheFolder(process.env);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-'));
  const kept: BenchMeasure[] = [];
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  try {
    const measures = await chosen.measure({
      repeats,
      peers: options.peers,
      gpu: options.gpu,
      set,
      ...(options.only === undefined ? {} : { only: options.only }),
      cache,
      folder,
      host: `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} processors, Node ${process.versions.node}`,
      signal: controller.signal,
      tell: (message) => process.stderr.write(`${message}\n`),
      keep: (finished) => kept.push(...finished),
    });
    const shown = measures.ok ? measures.value : kept;
    if (shown.length > 0 && options.json) process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    else if (shown.length > 0) {
      process.stdout.write(`${benchTable(shown, process.stdout.columns || 100).join('\n')}\n`);
    }
    if (controller.signal.aborted) return EXIT.aborted;
    return measures.ok ? EXIT.ok : complain(measures.error, '', EXIT.failed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}
