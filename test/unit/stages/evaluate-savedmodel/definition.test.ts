import { describe, expect, it } from 'vitest';
import type { DeviceConfig } from '../../../../pipeline/contract/config.js';
import { definition } from '../../../../stages/evaluate-savedmodel/definition.js';
import { resolveContext } from '../resolve-context.js';

const devices: Readonly<Record<string, DeviceConfig>> = {
  local: { name: 'local', transport: 'local', threads: 2 },
  board: { name: 'board', transport: 'ssh', host: 'pi@board', threads: 2 },
};
const options = definition.options.parse({}) as Parameters<typeof definition.resolve>[0];

describe('evaluate-savedmodel', () => {
  it('measures on this machine, alone', () => {
    expect(definition.resolve(options, resolveContext({ devices }))).toEqual({
      options: {
        protocol: { name: 'quick', before_s: 2, after_s: 2, warmup: 20, sample_hz: 10 },
        threads: 2,
        device: { name: 'local', transport: 'local' },
        runtime: 'auto',
      },
      external: [],
      needs: { cpu: 'all' },
      device: 'local',
    });
  });

  it.each([
    [{ device: 'board' }, "the device 'board' is another machine"],
    [{ device: 'none' }, "there is no device named 'none'"],
  ])('is blocked by %j', (given, blocked) => {
    expect(definition.resolve({ ...options, ...given }, resolveContext({ devices }))).toEqual({
      blocked,
      hint: 'The SavedModel runs here. Devices that are this machine: local.',
    });
  });

  it.each([{ protocol: 'slow' }, { limit: 0 }, { runtime: 'c++' }])('refuses %j', (given) => {
    expect(definition.options.safeParse(given).success).toBe(false);
  });
});
