import { expect, it } from 'vitest';
import type { PlannedInstance } from '../../../pipeline/contract/plan.js';
import { expectedLines, expectedTotal } from '../../../pipeline/ui/expected-hours.js';
import { planned } from './recording.js';

const measured = (device: string, seed: number, seconds: number | null, basis: string): PlannedInstance => ({
  ...planned('evaluate', { device, seed }, 'pending'),
  expected: { device, seconds, work: 'study, fp32', basis },
});

it('says nothing where no device is to work', () => {
  expect(expectedLines([planned('clean', {}, 'run')], 80)).toEqual([]);
  expect(expectedTotal([])).toBeNull();
});

it('sums up each device; the longest of them decides', () => {
  const plan = [
    measured('rpi3b', 1, 36_000, 'published'),
    measured('rpi3b', 2, 36_000, 'published'),
    measured('rpi4b', 1, 7200, 'measured: 20 ms each'),
  ];
  expect(expectedLines(plan, 100)).toEqual([
    'expected on devices: rpi3b 20h00m, rpi4b 2h00m; side by side 20h00m:',
    '  rpi3b, study, fp32: 2 measurements, 20h00m; published',
    '  rpi4b, study, fp32: 1 measurement, 2h00m; measured: 20 ms each',
  ]);
});

it('never makes a total of what is unknown', () => {
  const plan = [
    measured('rpi3b', 1, 3600, 'published'),
    measured('rpi3b', 2, null, 'no earlier measurement'),
    measured('attic', 1, null, 'no earlier measurement'),
  ];
  expect(expectedTotal(plan)).toBe(
    'expected on devices: rpi3b at least 1h00m (1 of 2 unknown), attic unknown; side by side at least 1h00m',
  );
  expect(expectedTotal(plan.slice(1))).toBe('expected on devices: rpi3b unknown, attic unknown');
});
