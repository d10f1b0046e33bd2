import type { EnergyFigure } from '../contract/meter.js';

/** What decides whether two figures may stand in one ranking. */
export type Comparand = Pick<EnergyFigure, 'power_class' | 'emulated'> & {
  /** Why the figure does not count; none when empty. */
  readonly invalid: readonly { readonly message: string }[];
};

/** Figures of one standing may be ranked with one another; but none that are INVALID, emulated or not measured. */
export type Standing = 'measured_inline' | 'partial' | 'modelled' | 'none' | 'emulated' | 'invalid';

export function standingOf({ invalid, emulated, power_class }: Comparand): Standing {
  return invalid.length > 0 ? 'invalid' : emulated ? 'emulated' : power_class;
}

/** Why two figures must not be ranked with one another, or null. */
export function whyNotComparable(one: Comparand, other: Comparand): string | null {
  for (const figure of [one, other]) {
    const standing = standingOf(figure);
    if (standing === 'invalid') return `one is INVALID: ${figure.invalid[0]?.message ?? ''}`;
    if (standing === 'emulated') return 'one comes from a simulator';
    if (standing === 'none') return 'one was not measured';
  }
  if (one.power_class === other.power_class) return null;
  return `one is ${one.power_class}, the other ${other.power_class}`;
}
