import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { makeBundle } from '../../../stages/deploy/make-bundle.js';
import { err, ok, type Result } from '../../base/result.js';
import { benchDevice } from '../../bench/device-bench.js';
import type { BenchMeasure } from '../../contract/bench.js';
import { openDevice } from '../../devices/open-device.js';
import { hostInstructionSet } from '../../execute/instruction-set.js';
import { benchPython } from '../bench-python.js';
import type { BenchRun } from '../bench-run.js';
import { installationRoot, pythonOptions } from '../installation.js';

/** `pipeline bench device`: what measuring costs, with this machine as the device. */
export async function benchDeviceArea(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>> {
  const installation = installationRoot();
  const python = await benchPython(run, pythonOptions(installation, process.env), 'convert');
  if (!python.ok) return python;
  const { own } = python.value;
  return await benchDevice({
    own,
    agent: join(installation, 'stages', 'deploy', 'agent'),
    repeats: run.repeats,
    inferences: 1024,
    seconds: 3,
    texts: 2000,
    processors: availableParallelism(),
    timed: 'minilm-l3',
    answering: 'minilm-l6',
    folder: run.folder,
    host: `${run.host}, ${hostInstructionSet(process.env)}`,
    signal: run.signal,
    connect: async () => {
      const device = await openDevice(
        { name: 'bench', transport: 'local', threads: 1 },
        { localRoot: join(run.folder, 'devices'), python: own.python },
      );
      return device.ok ? ok(device.value) : err(device.error.message);
    },
    makeBundle,
    onProgress: run.tell,
    onMeasured: run.keep,
  });
}
