import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';
import { AGENT_FILES, AGENT_FOLDER, CLASSIFY_FILES } from '../_shared/agent-files.js';

const options = z.strictObject({});

export const definition: StageDefinition = {
  id: 'deploy',
  version: 2,
  summary: 'Ships the model, the test set and the agent to the device and checks every digest there.',
  options,
  inputs: [
    { name: 'tflite', artifact: 'tflite', count: 'one' },
    { name: 'test', artifact: 'encoded-test', count: 'one' },
    // Without it `pipeline classify` says that texts were not cleaned.
    { name: 'cleaning', artifact: 'cleaning', count: 'any' },
  ],
  outputs: [
    { name: 'bundle', artifact: 'bundle', path: 'bundle', kind: 'tree' },
    { name: 'receipt', artifact: 'deployment', path: 'deployment.json', kind: 'file' },
  ],
  worker: {
    language: 'typescript',
    file: 'stages/deploy/worker.ts',
    files: [...AGENT_FILES, ...CLASSIFY_FILES].map((name) => `${AGENT_FOLDER}/${name}`),
  },
  // What is on the device already is not sent again.
  repeatability: { measured: ['receipt'], figures: { device: {}, total_bytes: {} } },
  resolve(given, { coordinates, devices }) {
    options.parse(given);
    const name = String(coordinates.device ?? '');
    const device = Object.hasOwn(devices, name) ? devices[name] : undefined;
    if (device === undefined) {
      const known = Object.keys(devices).sort().join(', ') || 'none';
      return name === ''
        ? {
            blocked: 'no device is chosen',
            hint: 'Add `matrix: [device]` to the stage and `device:` to axes.',
          }
        : {
            blocked: `there is no device named '${name}'`,
            hint: `Known devices: ${known}. Add it under devices:.`,
          };
    }
    // How we get in (port, keys) does not matter for what is there; which machine and folder it is does.
    const { transport, host, python, root } = device;
    return {
      options: {
        device: {
          name,
          transport,
          ...(host === undefined ? {} : { host }),
          ...(python === undefined ? {} : { python }),
          ...(root === undefined ? {} : { root }),
        },
      },
      external: [],
      needs: { cpu: 1 },
      device: name,
    };
  },
};
