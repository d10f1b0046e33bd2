export type Split = 'training' | 'test';

/** One line of rows.jsonl, see docs/reference/artifacts.md. */
export interface Row {
  readonly split: Split;
  readonly entity: string;
  readonly entity_name: string;
  readonly domain: string;
  readonly id: string;
  /** Null where the source names none. */
  readonly language: string | null;
  /** Null where the source is a table of labels, which asks no more of a row than a label. */
  readonly filtering: string | null;
  readonly polarity: string;
  readonly near_duplicate_of: string | null;
  readonly text: string | null;
}

/** Where rows end up, each in the first that fits, in this order; `malformed` ones never came further than fetch. */
export const BUCKETS = [
  'malformed',
  'duplicate-row',
  'other-language',
  'unrelated',
  'no-polarity',
  'no-label',
  'near-duplicate',
  'no-text',
  'empty-after-cleaning',
  'used',
] as const;

export type Bucket = (typeof BUCKETS)[number];
export type Unused = Exclude<Bucket, 'used' | 'malformed'>;

export const POLARITIES: readonly string[] = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];

export interface BucketRules {
  readonly language: string;
  readonly excludeNearDuplicates: boolean;
  readonly clean: (text: string) => string;
}

/** Exactly one bucket for every row, with the cleaned text of a row that is used, so that the buckets of a split add up to its rows. */
export function bucketOf(
  row: Row,
  repeated: boolean,
  rules: BucketRules,
): { readonly bucket: Unused } | { readonly bucket: 'used'; readonly text: string } {
  if (repeated) return { bucket: 'duplicate-row' };
  if (row.language !== null && row.language !== rules.language) return { bucket: 'other-language' };
  if (row.filtering === null) {
    if (row.polarity === '') return { bucket: 'no-label' };
  } else {
    if (row.filtering !== 'RELATED') return { bucket: 'unrelated' };
    if (!POLARITIES.includes(row.polarity)) return { bucket: 'no-polarity' };
  }
  if (rules.excludeNearDuplicates && row.near_duplicate_of !== null) return { bucket: 'near-duplicate' };
  if (row.text === null || row.text === '') return { bucket: 'no-text' };
  const text = rules.clean(row.text);
  return text === '' ? { bucket: 'empty-after-cleaning' } : { bucket: 'used', text };
}
