import { z } from 'zod';
import type { ResolveContext, StageBlocked, StageDefinition } from '../../pipeline/contract/stage.js';
import { expectedMeasurement } from '../_shared/expected-hours.js';
import { meteringOf } from '../_shared/metering.js';
import {
  measuringOptions,
  metered,
  PARITY_TEXTS,
  PROTOCOLS,
  TIMING_PROTOCOLS,
} from '../_shared/protocols.js';

const options = z.strictObject({
  ...measuringOptions,
  timing_seeds: z
    .union([z.literal('first'), z.array(z.union([z.int(), z.string()])).min(1)])
    .optional()
    .describe(
      'Seeds whose inferences are timed: a list, or `first` of the axis. The others give answers alone. All of them when absent.',
    ),
  answers: z
    .enum(['device', 'host'])
    .default('device')
    .describe(
      'Who answers the whole test set. host: this machine, with the same file, after the device answered the first 256 tweets alike.',
    ),
});

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
  resolve(given, context) {
    const { protocol, limit, timing_seeds, answers } = options.parse(given);
    const { coordinates, devices } = context;
    const name = String(coordinates.device ?? '');
    const device = Object.hasOwn(devices, name) ? devices[name] : undefined;
    if (device === undefined) {
      const known = Object.keys(devices).sort().join(', ') || 'none';
      return {
        blocked: name === '' ? 'no device is chosen' : `there is no device named '${name}'`,
        hint: `Known devices: ${known}. evaluate inherits its device from deploy, which needs \`matrix: [device]\`.`,
      };
    }
    const timed = isTimed(timing_seeds, context);
    if (typeof timed !== 'boolean') return timed;
    // This machine is its own host. Defaults are no part of the options, so that the keys of before these two hold.
    const isElsewhere = device.transport !== 'local' && answers === 'host';
    const meter = meteringOf(device);
    // One protocol for all seeds of a device, timed or not: by that they are rows of one table.
    const timing = meter === null ? TIMING_PROTOCOLS[protocol] : metered(protocol);
    // Energy is that of timed inferences.
    const metering = timed ? meter : null;
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
        ...(timed ? {} : { timing: 'none' }),
        ...(isElsewhere ? { answers: { from: 'host', after_texts: PARITY_TEXTS } } : {}),
        ...(metering === null ? {} : { meter: metering.options }),
      },
      external: metering?.external ?? [],
      // Anything else that runs here would be measured too.
      needs: { cpu: device.transport === 'local' ? 'all' : isElsewhere ? device.threads : 1 },
      device: name,
    };
  },
  estimate: expectedMeasurement,
};

/** Whether this seed's inferences are timed. A list in which no seed is found would time nothing, in silence. */
function isTimed(
  chosen: z.infer<typeof options>['timing_seeds'],
  { coordinates, axes }: Pick<ResolveContext, 'coordinates' | 'axes'>,
): boolean | StageBlocked {
  const { seed } = coordinates;
  const seeds = (axes?.seed ?? []).map(String);
  if (chosen === undefined || seed === undefined) return true;
  if (chosen === 'first') return String(seed) === seeds[0];
  if (!chosen.some((one) => seeds.includes(String(one)))) {
    return {
      blocked: `timing_seeds names ${chosen.join(', ')}, but the seeds are ${seeds.join(', ')}: nothing would be timed`,
      hint: 'Name one of them, or write `timing_seeds: first`.',
    };
  }
  return chosen.some((one) => String(one) === String(seed));
}
