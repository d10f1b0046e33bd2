import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';
import { meteringOf } from '../_shared/metering.js';
import { measuringOptions, metered, PROTOCOLS, TIMING_PROTOCOLS } from '../_shared/protocols.js';

const options = z.strictObject(measuringOptions);

export const definition: StageDefinition = {
  id: 'evaluate',
  version: 1,
  summary: 'Runs the test set through the model on the device: predictions, latencies, processor and memory.',
  options,
  inputs: [
    { name: 'bundle', artifact: 'bundle', count: 'one' },
    { name: 'deployment', artifact: 'deployment', count: 'one' },
  ],
  outputs: [{ name: 'evaluation', artifact: 'evaluation', path: 'evaluation', kind: 'tree' }],
  worker: { language: 'typescript', file: 'stages/evaluate/worker.ts' },
  repeatability: { measured: ['evaluation'], figures: { tweets: {}, accuracy: {}, macro_f1: {} } },
  resolve(given, { coordinates, devices }) {
    const { protocol, limit } = options.parse(given);
    const name = String(coordinates.device ?? '');
    const device = Object.hasOwn(devices, name) ? devices[name] : undefined;
    if (device === undefined) {
      const known = Object.keys(devices).sort().join(', ') || 'none';
      return {
        blocked: name === '' ? 'no device is chosen' : `there is no device named '${name}'`,
        hint: `Known devices: ${known}. evaluate inherits its device from deploy, which needs \`matrix: [device]\`.`,
      };
    }
    const metering = meteringOf(device);
    const timing = metering === null ? TIMING_PROTOCOLS[protocol] : metered(protocol);
    return {
      options: {
        protocol: { name: protocol, ...PROTOCOLS[protocol], ...timing },
        threads: device.threads,
        device: {
          name,
          transport: device.transport,
          ...(device.host === undefined ? {} : { host: device.host }),
        },
        ...(limit === undefined ? {} : { limit }),
        ...(metering === null ? {} : { meter: metering.options }),
      },
      external: metering?.external ?? [],
      // Anything else that runs here would be measured too.
      needs: { cpu: device.transport === 'local' ? 'all' : 1 },
      device: name,
    };
  },
};
