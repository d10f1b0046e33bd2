import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeviceConfig } from '../../../../pipeline/contract/config.js';
import type { ResolveContext } from '../../../../pipeline/contract/stage.js';
import { definition as deploy } from '../../../../stages/deploy/definition.js';
import { definition as evaluate } from '../../../../stages/evaluate/definition.js';

const rpi: DeviceConfig = {
  name: 'rpi',
  transport: 'ssh',
  host: 'pi@rpi',
  port: 2222,
  identity_file: '/keys/id',
  known_hosts_file: '/keys/known_hosts',
  threads: 4,
};
const context = (device?: string): ResolveContext => ({
  coordinates: device === undefined ? {} : { device },
  data: { package: null, texts: [], cache: null },
  models: {},
  devices: { rpi, here: { name: 'here', transport: 'local', threads: 1 } },
  installation: '/installed',
  host: { cpuCount: 2 },
});

describe.each([deploy, evaluate])('$id', (definition) => {
  it('is blocked without its device and says which there are', () => {
    expect(definition.resolve({}, context('rpi5'))).toMatchObject({
      blocked: "there is no device named 'rpi5'",
      hint: expect.stringContaining('here, rpi'),
    });
    expect(definition.resolve({}, context())).toMatchObject({ blocked: 'no device is chosen' });
    expect(definition.resolve({}, context('constructor'))).toHaveProperty('blocked');
  });
  it('has the device in its options, but not how we get in', () => {
    const resolved = definition.resolve({}, context('rpi'));
    expect(resolved).toMatchObject({ device: 'rpi', options: { device: { name: 'rpi', host: 'pi@rpi' } } });
    expect(JSON.stringify(resolved)).not.toMatch(/\/keys\/|2222/);
  });
  it('refuses an option that it does not know', () => {
    expect(definition.options.safeParse({ thread: 4 }).success).toBe(false);
  });
});

it('deploy fingerprints every file of the agent', () => {
  const there = readdirSync('stages/deploy/agent').filter((name) => name.endsWith('.py'));
  expect([...(deploy.worker.files ?? [])].sort()).toEqual(
    there.map((name) => `stages/deploy/agent/${name}`).sort(),
  );
  expect(deploy.worker.files?.every((file) => existsSync(file))).toBe(true);
});

it('evaluate has this machine for itself when it measures it', () => {
  expect(evaluate.resolve({}, context('here'))).toMatchObject({ needs: { cpu: 'all' } });
  expect(evaluate.resolve({}, context('rpi'))).toMatchObject({ needs: { cpu: 1 } });
});

it('evaluate takes threads from the device and its times from the protocol', () => {
  expect(evaluate.resolve({ protocol: 'study', limit: 10 }, context('rpi'))).toMatchObject({
    options: {
      threads: 4,
      limit: 10,
      protocol: { name: 'study', before_s: 120, after_s: 120, warmup: 100, windows: { count: 5 } },
    },
  });
});
