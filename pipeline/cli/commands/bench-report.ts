import type { Result } from '../../base/result.js';
import { benchReport } from '../../bench/report-bench.js';
import { FULL_STUDY } from '../../bench/report-study.js';
import type { BenchMeasure } from '../../contract/bench.js';
import type { BenchRun } from '../bench-run.js';
import { installationRoot } from '../installation.js';
import { workerEnvironment } from '../worker-environment.js';
import { resolveStage } from './bench-data.js';

/** `pipeline bench report`: the report of a made-up study that is as large as a real one, made and opened. */
export async function benchReportArea(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>> {
  const stage = resolveStage('report', { package: '', texts: [] });
  if (!stage.ok) return stage;
  const { definition, options, external } = stage.value;
  const installation = installationRoot();
  return await benchReport({
    size: FULL_STUDY,
    installation,
    stage: { options, external },
    repeats: run.repeats,
    folder: run.folder,
    host: run.host,
    signal: run.signal,
    environment: (scratch) => workerEnvironment(process.env, installation, scratch, definition.worker),
    onProgress: run.tell,
    onMeasured: run.keep,
  });
}
