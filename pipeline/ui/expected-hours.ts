import { groupBy } from '../base/group-by.js';
import type { PlannedInstance } from '../contract/plan.js';
import { counted, duration } from './format.js';
import { wrap } from './text.js';

type Expected = NonNullable<PlannedInstance['expected']>;

interface DeviceTotal {
  readonly device: string;
  readonly all: readonly Expected[];
  /** Of those for which it can be said. */
  readonly seconds: number;
  readonly unknown: number;
}

function totalsOf(plan: readonly PlannedInstance[]): readonly DeviceTotal[] {
  const expected = plan.flatMap((one) => one.expected ?? []);
  return [...groupBy(expected, ({ device }) => device)].map(([device, all]) => ({
    device,
    all,
    ...sumOf(all),
  }));
}

function sumOf(all: readonly Expected[]): Pick<DeviceTotal, 'seconds' | 'unknown'> {
  return {
    seconds: all.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    unknown: all.filter(({ seconds }) => seconds === null).length,
  };
}

/** `47h20m`, `at least 2h05m (3 unknown)`, `unknown`. */
function totalText({ all, seconds, unknown }: Omit<DeviceTotal, 'device'>): string {
  if (unknown === all.length) return 'unknown';
  return unknown === 0
    ? duration(seconds)
    : `at least ${duration(seconds)} (${unknown} of ${all.length} unknown)`;
}

/** What is expected of each device in one sentence; null where no device is to work for long. */
export function expectedTotal(plan: readonly PlannedInstance[]): string | null {
  const totals = totalsOf(plan);
  if (totals.length === 0) return null;
  const each = totals.map((total) => `${total.device} ${totalText(total)}`).join(', ');
  const longest = Math.max(...totals.map(({ seconds }) => seconds));
  const unknown = totals.some((total) => total.unknown > 0);
  const together =
    totals.length === 1 || longest === 0
      ? ''
      : `; side by side ${unknown ? 'at least ' : ''}${duration(longest)}`;
  return `expected on devices: ${each}${together}`;
}

/**
 * How long each device is expected to work, by what it does, and what that is reckoned from; nothing where no device has
 * anything to do.
 */
export function expectedLines(plan: readonly PlannedInstance[], width: number): string[] {
  const total = expectedTotal(plan);
  if (total === null) return [];
  const expected = plan.flatMap((one) => one.expected ?? []);
  const alike = groupBy(expected, ({ device, work, basis }) => JSON.stringify([device, work, basis]));
  const lines = [...alike.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const total = totalText({ all, ...sumOf(all) });
    return [
      `  ${first.device}, ${first.work}: ${counted(all.length, 'measurement')}, ${total}; ${first.basis}`,
    ];
  });
  return [`${total}:`, ...lines].flatMap((line) => wrap(line, width, '    '));
}
