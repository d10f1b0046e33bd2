import { compareCodePoints, type Digest, hexOf, type Json } from '../../pipeline/base/canonical.js';
import { BUCKETS, type Bucket, type Row } from './bucket.js';
import type { RulesName } from './rules.js';

type Split = Row['split'];

/** Before and after, to see what the rules do: few, since tweet texts are not to be passed on. */
const SAMPLES = 10;

interface SplitCounts {
  readonly buckets: Map<Bucket, number>;
  readonly labels: Map<string, number>;
  /** Entities with at least one used tweet. */
  readonly entities: Set<string>;
  /** Entities that lost rows because their texts are missing. */
  readonly missingTexts: Set<string>;
  /** Texts of used rows, as they came and as they were cleaned. */
  readonly texts: Set<string>;
  readonly cleaned: Set<string>;
}

/** Counts rows as they go by and becomes `clean.json`. */
export class CleanCard {
  readonly #rules: RulesName;
  readonly #language: string;
  readonly #splits: Readonly<Record<Split, SplitCounts>> = { training: emptyCounts(), test: emptyCounts() };
  readonly #samples: { readonly before: string; readonly after: string }[] = [];

  constructor(rules: RulesName, language: string) {
    this.#rules = rules;
    this.#language = language;
  }

  countUnused(row: Row, bucket: Exclude<Bucket, 'used'>): void {
    const counts = this.#splits[row.split];
    increment(counts.buckets, bucket);
    if (bucket === 'no-text') counts.missingTexts.add(row.entity);
  }

  countUsed(row: Row, cleaned: string): void {
    const counts = this.#splits[row.split];
    const before = row.text ?? '';
    increment(counts.buckets, 'used');
    increment(counts.labels, row.polarity);
    counts.entities.add(row.entity);
    counts.texts.add(before.trim());
    counts.cleaned.add(cleaned);
    if (this.#samples.length < SAMPLES && before !== cleaned) this.#samples.push({ before, after: cleaned });
  }

  used(split: Split): number {
    return this.#splits[split].buckets.get('used') ?? 0;
  }

  warnings(): readonly string[] {
    const warnings: string[] = [];
    for (const split of ['training', 'test'] as const) {
      const without = this.#withoutText(split);
      const rows = this.#splits[split].buckets.get('no-text') ?? 0;
      if (rows > 0) {
        warnings.push(
          `left out for want of a text, ${split} tweets: ${rows}` +
            (without.length > 0
              ? `, among them all of these entities (${without.length}): ${without.join(', ')}`
              : ''),
        );
      }
    }
    const leaks = common(this.#splits.training.texts, this.#splits.test.texts);
    if (leaks > 0) warnings.push(`texts that occur in both the training and the test tweets: ${leaks}`);
    return warnings;
  }

  toJson(digest: Digest): Json {
    const { training, test } = this.#splits;
    const without = new Set([...this.#withoutText('training'), ...this.#withoutText('test')]);
    return {
      schema: 1,
      rules: this.#rules,
      filter: {
        language: this.#language,
        filtering: 'RELATED',
        polarity: ['NEGATIVE', 'NEUTRAL', 'POSITIVE'],
      },
      buckets: { training: bucketCounts(training), test: bucketCounts(test) },
      labels: { training: Object.fromEntries(training.labels), test: Object.fromEntries(test.labels) },
      entities: { training: training.entities.size, test: test.entities.size },
      entities_without_text: [...without].sort(compareCodePoints),
      leaks: {
        exact: common(training.texts, test.texts),
        after_cleaning: common(training.cleaned, test.cleaned),
      },
      samples: this.#samples,
      sha256: hexOf(digest),
    };
  }

  /** Entities whose every eligible tweet of the split lacks its text. */
  #withoutText(split: Split): readonly string[] {
    const { missingTexts, entities } = this.#splits[split];
    return [...missingTexts].filter((entity) => !entities.has(entity)).sort(compareCodePoints);
  }
}

function bucketCounts(counts: SplitCounts): Json {
  return Object.fromEntries(BUCKETS.map((bucket) => [bucket, counts.buckets.get(bucket) ?? 0]));
}

/** How many distinct texts are in both. */
function common(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let count = 0;
  for (const text of a) if (b.has(text)) count += 1;
  return count;
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function emptyCounts(): SplitCounts {
  return {
    buckets: new Map(),
    labels: new Map(),
    entities: new Set(),
    missingTexts: new Set(),
    texts: new Set(),
    cleaned: new Set(),
  };
}
