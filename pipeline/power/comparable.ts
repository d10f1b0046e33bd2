import type { EnergyFigure } from '../contract/meter.js';

/** What decides whether two figures may stand in one ranking. */
export type Comparand = Pick<EnergyFigure, 'power_class' | 'emulated' | 'invalid'>;

/** Why two figures must not be ranked with one another, or null. */
export function whyNotComparable(one: Comparand, other: Comparand): string | null {
  for (const { invalid, emulated, power_class } of [one, other]) {
    const [finding] = invalid;
    if (finding !== undefined) return `one is INVALID: ${finding.message}`;
    if (emulated) return 'one comes from a simulator';
    if (power_class === 'none') return 'one was not measured';
  }
  if (one.power_class === other.power_class) return null;
  return `one is ${one.power_class}, the other ${other.power_class}`;
}
