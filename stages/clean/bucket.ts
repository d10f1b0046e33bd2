/** One line of rows.jsonl, see docs/reference/artifacts.md. */
export interface Row {
  readonly split: 'training' | 'test';
  readonly entity: string;
  readonly entity_name: string;
  readonly domain: string;
  readonly id: string;
  readonly language: string;
  readonly filtering: string;
  readonly polarity: string;
  readonly near_duplicate_of: string | null;
  readonly text: string | null;
}

/** Where rows end up, each in the first that fits, in this order. */
export const BUCKETS = [
  'duplicate-row',
  'other-language',
  'unrelated',
  'no-polarity',
  'no-text',
  'empty-after-cleaning',
  'used',
] as const;

export type Bucket = (typeof BUCKETS)[number];

const POLARITIES = new Set(['NEGATIVE', 'NEUTRAL', 'POSITIVE']);

/** Exactly one bucket for every row, with the cleaned text of a row that is used, so that the buckets of a split add up to its rows. */
export function bucketOf(
  row: Row,
  facts: { readonly repeated: boolean; readonly language: string; readonly clean: (text: string) => string },
): { readonly bucket: Exclude<Bucket, 'used'> } | { readonly bucket: 'used'; readonly text: string } {
  if (facts.repeated) return { bucket: 'duplicate-row' };
  if (row.language !== facts.language) return { bucket: 'other-language' };
  if (row.filtering !== 'RELATED') return { bucket: 'unrelated' };
  if (!POLARITIES.has(row.polarity)) return { bucket: 'no-polarity' };
  if (row.text === null || row.text === '') return { bucket: 'no-text' };
  const text = facts.clean(row.text);
  return text === '' ? { bucket: 'empty-after-cleaning' } : { bucket: 'used', text };
}
