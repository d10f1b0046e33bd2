export type Split = 'training' | 'test';

export const SPLITS: readonly Split[] = ['training', 'test'];

/** Figures of one split, summed over its entities. */
export interface SplitCounts {
  files: number;
  labelled: number;
  notUtf8: number;
  repeatedInfo: number;
  texts: number;
  emptyTexts: number;
  repeatedTexts: number;
  disagreeingTexts: number;
  /** Tweets of which two sources have different texts: the first ones. */
  readonly disagreements: { readonly id: string; readonly kept: string; readonly other: string }[];
}
