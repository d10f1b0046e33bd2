import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from '../base/random.js';

/** How long the generated texts are, in tokens: all the same, or as tweets are. */
export type TextLengths = { readonly kind: 'all'; readonly tokens: number } | { readonly kind: 'tweets' };

export const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'] as const;

const VOCABULARY = 30_522;
const FIRST_WORD = 1000;
const START_TOKEN = 101;
const END_TOKEN = 102;

/** English RepLab tweets in WordPiece tokens: 25 on average, 95 % have at most 41. */
const TWEET_MEAN = 25;
const TWEET_DEVIATION = 9.5;
const TWEET_MOST = 64;

/** Share of words that say the label, and how many such words each label has: enough for a loss to fall. */
const TELLING_SHARE = 0.3;
const TELLING_WORDS = 40;

/** Writes what the stage encode would have: a folder `encoded-fit` of generated texts. Equal arguments give equal bytes. */
export function writeEncodedTexts(
  folder: string,
  given: { readonly texts: number; readonly validation: number; readonly lengths: TextLengths },
): void {
  mkdirSync(folder, { recursive: true });
  const random = randomFrom(1);
  const rows = (count: number): string =>
    Array.from(
      { length: count },
      (_, index) => `${JSON.stringify(row(index, given.lengths, random))}\n`,
    ).join('');
  writeFileSync(join(folder, 'train.jsonl'), rows(given.texts));
  writeFileSync(join(folder, 'validation.jsonl'), rows(given.validation));
  writeFileSync(join(folder, 'labels.json'), JSON.stringify(LABELS));
  const encoding = { schema: 1, input: 'tweet', max_length: TWEET_MOST };
  writeFileSync(join(folder, 'encoding.json'), JSON.stringify(encoding));
}

function row(index: number, lengths: TextLengths, random: () => number) {
  const label = Math.floor(random() * LABELS.length);
  const tokens = lengths.kind === 'all' ? lengths.tokens : tweetLength(random);
  const words = Array.from({ length: tokens - 2 }, () => word(label, random));
  return { id: String(index), entity: 'E1', label, input_ids: [START_TOKEN, ...words, END_TOKEN] };
}

function tweetLength(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const length = Math.round(TWEET_MEAN + TWEET_DEVIATION * normal);
  return Math.min(TWEET_MOST, Math.max(3, length));
}

/** Words are as unequally frequent as those of a language: how many rows of the embedding a batch touches matters. */
function word(label: number, random: () => number): number {
  if (random() < TELLING_SHARE)
    return FIRST_WORD + label * TELLING_WORDS + Math.floor(random() * TELLING_WORDS);
  const ranks = VOCABULARY - FIRST_WORD;
  return FIRST_WORD + Math.min(ranks - 1, Math.floor(ranks ** random()));
}
