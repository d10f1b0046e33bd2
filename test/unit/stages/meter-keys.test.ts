import { describe, expect, it } from 'vitest';
import type { DeviceConfig } from '../../../pipeline/contract/config.js';
import type { MeterConfig } from '../../../pipeline/contract/meter.js';
import type { ResolvedStage } from '../../../pipeline/contract/stage.js';
import { definitions } from '../../../stages/registry.js';

const PLAIN: DeviceConfig = { name: 'pi', transport: 'ssh', host: 'pi@pi', threads: 1 };

function resolved(id: string, meter?: MeterConfig, given: object = {}): ResolvedStage {
  const definition = definitions.get(id);
  if (definition === undefined) throw new Error(`no stage ${id}`);
  const result = definition.resolve(
    definition.options.parse(given) as never,
    {
      coordinates: { device: 'pi', model: 'small' },
      data: { package: null, texts: [], cache: null },
      models: {},
      devices: { pi: meter === undefined ? PLAIN : { ...PLAIN, meter } },
    } as never,
  );
  if ('blocked' in result) throw new Error(result.blocked);
  return result;
}

const ACS712: MeterConfig = { kind: 'acs712-05b', port: '/dev/ttyACM0', calibration: 'meters/pi.json' };
const CSV: MeterConfig = { kind: 'csv', file: 'joulescope.csv' };

it.each([
  ['deploy', ACS712],
  ['deploy', CSV],
  ['evaluate', CSV],
  ['evaluate', { kind: 'none' }],
] as const)('%s does not depend on a meter that it does not read: %j', (id, meter) => {
  expect(resolved(id, meter)).toEqual(resolved(id));
});

describe('an evaluation that a meter records', () => {
  it('depends on kind, class and calibration, and not on the port', () => {
    const { options, external } = resolved('evaluate', ACS712);
    expect(options.meter).toEqual({ kind: 'acs712-05b', class: 'measured_inline', arithmetic: 1 });
    expect(external).toEqual([{ name: 'meter_calibration', path: 'meters/pi.json' }]);
    expect(resolved('evaluate', { ...ACS712, port: '/dev/ttyUSB3' })).toEqual({
      ...resolved('evaluate', ACS712),
    });
    expect(JSON.stringify(resolved('evaluate', ACS712))).not.toContain('tty');
    expect(resolved('evaluate', { ...ACS712, class: 'partial' }).options.meter).toMatchObject({
      class: 'partial',
    });
    expect(resolved('evaluate', { kind: 'acs712-05b', port: 'p' }).external).toEqual([]);
    expect(resolved('evaluate').options).not.toHaveProperty('meter');
  });

  it('rests right before its windows, which make 600 s together in a study', () => {
    const protocol = (meter: MeterConfig | undefined, name: string) =>
      resolved('evaluate', meter, { protocol: name }).options.protocol as {
        readonly before_s: number;
        readonly rest_s?: number;
        readonly windows: { readonly count: number; readonly seconds: number };
      };
    const study = protocol(ACS712, 'study');
    expect(study.windows.count * study.windows.seconds).toBe(600);
    expect(study.windows.count).toBe(protocol(undefined, 'study').windows.count);
    expect(study.rest_s).toBe(study.before_s);
    expect(protocol(undefined, 'study')).not.toHaveProperty('rest_s');
    expect(protocol(ACS712, 'quick').windows).toEqual(protocol(undefined, 'quick').windows);
  });
});
