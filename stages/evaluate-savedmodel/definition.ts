import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';
import { AGENT_FILES, AGENT_FOLDER } from '../_shared/agent-files.js';
import { expectedMeasurement } from '../_shared/expected-hours.js';
import { measuringOptions, PROTOCOLS } from '../_shared/protocols.js';

const FOLDER = 'stages/evaluate-savedmodel';

const options = z.strictObject({
  ...measuringOptions,
  device: z
    .string()
    .default('local')
    .describe('The entry of `devices:` that stands for this machine; its threads are taken.'),
  runtime: z
    .enum(['auto', 'tfjs-node', 'python'])
    .default('auto')
    .describe(
      'auto: tfjs-node, or TensorFlow from Python where its binding cannot be built, which is then said.',
    ),
});

export const definition: StageDefinition = {
  id: 'evaluate-savedmodel',
  version: 1,
  summary:
    'Runs the test set through the SavedModel on this machine: the reference that devices are compared with.',
  options,
  inputs: [
    { name: 'model', artifact: 'saved-model', count: 'one' },
    { name: 'test', artifact: 'encoded-test', count: 'one' },
  ],
  outputs: [{ name: 'evaluation', artifact: 'evaluation', path: 'evaluation', kind: 'tree' }],
  worker: {
    language: 'typescript',
    file: `${FOLDER}/worker.ts`,
    files: [
      `${FOLDER}/infer.ts`,
      `${FOLDER}/infer_savedmodel.py`,
      `${FOLDER}/tfjs/package-lock.json`,
      ...AGENT_FILES.map((name) => `${AGENT_FOLDER}/${name}`),
    ],
  },
  repeatability: { measured: ['evaluation'], figures: { tweets: {}, accuracy: {}, macro_f1: {} } },
  resolve(given, { devices }) {
    const { protocol, limit, device: name, runtime } = options.parse(given);
    const device = Object.hasOwn(devices, name) ? devices[name] : undefined;
    if (device === undefined || device.transport !== 'local') {
      const local = Object.keys(devices).filter((known) => devices[known]?.transport === 'local');
      return {
        blocked:
          device === undefined
            ? `there is no device named '${name}'`
            : `the device '${name}' is another machine`,
        hint: `The SavedModel runs here. Devices that are this machine: ${local.sort().join(', ') || 'none; add `local: {}` under devices:'}.`,
      };
    }
    return {
      options: {
        protocol: { name: protocol, ...PROTOCOLS[protocol] },
        threads: device.threads,
        device: { name, transport: device.transport },
        runtime,
        ...(limit === undefined ? {} : { limit }),
      },
      external: [],
      // Anything else that runs here would be measured too.
      needs: { cpu: 'all' },
      device: name,
    };
  },
  estimate: expectedMeasurement,
};
