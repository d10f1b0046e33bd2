import type { PaperInputs } from './indices.js';

export type Attribute =
  | 'accuracy'
  | 'f_score'
  | 'time_s'
  | 'flops_per_s'
  | 'power_tot_kw'
  | 'cpu_percent'
  | 'memory_percent';

/** The columns of the paper's table IV: what its figure 6 shows of each row. */
export const ATTRIBUTES: readonly { readonly attribute: Attribute; readonly better: 'more' | 'less' }[] = [
  { attribute: 'accuracy', better: 'more' },
  { attribute: 'f_score', better: 'more' },
  { attribute: 'time_s', better: 'less' },
  { attribute: 'flops_per_s', better: 'more' },
  { attribute: 'power_tot_kw', better: 'less' },
  { attribute: 'cpu_percent', better: 'less' },
  { attribute: 'memory_percent', better: 'less' },
];

export interface Normalized {
  /** The rows among which the best is 1, this one included. */
  readonly among: readonly string[];
  /** One for each attribute, in their order: 0 to 1, more is better; null where it is not known. */
  readonly values: readonly (number | null)[];
}

/**
 * Each value over the best of the rows: the value over the highest where more is better, the lowest over the value where
 * less is. So 0.5 is half as good as the best, whatever the others are; scaling from the worst to the best would draw
 * accuracies that differ by a thousandth as far apart as times that differ by four.
 */
export function normalize(
  rows: readonly { readonly row: string; readonly inputs: PaperInputs }[],
): Normalized[] {
  const among = rows.map(({ row }) => row);
  const bests = ATTRIBUTES.map(({ attribute, better }) => {
    // A ratio to 0 says nothing.
    const known = rows.flatMap(({ inputs }) => inputs[attribute] ?? []).filter((value) => value > 0);
    return known.length === 0 ? null : better === 'more' ? Math.max(...known) : Math.min(...known);
  });
  return rows.map(({ inputs }) => ({
    among,
    values: ATTRIBUTES.map(({ attribute, better }, index) => {
      const value = inputs[attribute];
      const best = bests[index] ?? null;
      if (value === null || best === null || (better === 'less' && value <= 0)) return null;
      return better === 'more' ? value / best : best / value;
    }),
  }));
}
