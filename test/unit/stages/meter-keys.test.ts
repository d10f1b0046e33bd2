import { expect, it } from 'vitest';
import type { DeviceConfig } from '../../../pipeline/contract/config.js';
import { definitions } from '../../../stages/registry.js';

it.each(['deploy', 'evaluate'])(
  'a meter changes nothing of the action key of %s, which does not read it',
  (id) => {
    const definition = definitions.get(id);
    if (definition === undefined) throw new Error(`no stage ${id}`);
    const plain: DeviceConfig = { name: 'pi', transport: 'ssh', host: 'pi@pi', threads: 1 };
    const metered: DeviceConfig = { ...plain, meter: { kind: 'acs712-05b', port: '/dev/ttyACM0' } };
    const resolve = (device: DeviceConfig) =>
      definition.resolve(
        definition.options.parse({}) as never,
        {
          coordinates: { device: 'pi', model: 'small' },
          data: { package: null, texts: [], cache: null },
          models: {},
          devices: { pi: device },
        } as never,
      );
    expect(resolve(metered)).toEqual(resolve(plain));
    expect(resolve(plain)).not.toHaveProperty('blocked');
  },
);
