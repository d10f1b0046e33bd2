import { compareCodePoints, type Digest, hexOf, type Json } from '../../pipeline/base/canonical.js';
import type { StepName } from '../_shared/cleaning-steps.js';
import { BUCKETS, type Bucket, POLARITIES, type Row, type Split, type Unused } from './bucket.js';
import { common, Fingerprints } from './fingerprints.js';
import { StepSamples } from './step-samples.js';

/** Before and after, to see what the rules do: few, since tweet texts are not to be passed on. */
const SAMPLES = 10;

/** Members of a kind that are counted one by one; a table may have a group for every row. */
const MEMBERS = 1000;
const OTHERS = '(others)';

type Counts = Map<Bucket, number>;

interface SplitCounts {
  readonly buckets: Counts;
  readonly labels: Map<string, number>;
  /** Buckets by entity, domain, language and label. */
  readonly by: Readonly<Record<'entity' | 'domain' | 'language' | 'label', Map<string, Counts>>>;
  /** Texts of used rows, as they came and as they were cleaned. */
  readonly texts: Fingerprints;
  readonly cleaned: Fingerprints;
}

export interface CardFacts {
  readonly rules: string;
  readonly steps: readonly StepName[];
  readonly language: string;
  readonly nearDuplicates: string;
  /** Rows that fetch dropped, by split. */
  readonly malformed: Readonly<Record<string, number>>;
}

/** Counts rows as they go by and becomes `clean.json`. */
export class CleanCard {
  readonly #facts: CardFacts;
  readonly #splits: Readonly<Record<Split, SplitCounts>> = { training: emptyCounts(), test: emptyCounts() };
  readonly #samples: { readonly before: string; readonly after: string }[] = [];
  readonly steps: StepSamples;

  constructor(facts: CardFacts) {
    this.#facts = facts;
    this.steps = new StepSamples(facts.steps);
  }

  countUnused(row: Row, bucket: Unused): void {
    count(this.#splits[row.split], row, bucket);
  }

  countUsed(row: Row, cleaned: string): void {
    const counts = this.#splits[row.split];
    const before = row.text ?? '';
    count(counts, row, 'used');
    increment(counts.labels, row.polarity);
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
    const { rules, language, nearDuplicates, malformed } = this.#facts;
    const without = new Set([...this.#withoutText('training'), ...this.#withoutText('test')]);
    const { unassigned } = malformed;
    return {
      schema: 1,
      rules,
      steps: this.steps.toJson(),
      filter: {
        language,
        near_duplicates: nearDuplicates,
        filtering: 'RELATED',
        polarity: [...POLARITIES],
      },
      buckets: {
        training: bucketCounts(training, malformed.training),
        test: bucketCounts(test, malformed.test),
        ...(unassigned === undefined ? {} : { unassigned: { malformed: unassigned } }),
      },
      labels: { training: Object.fromEntries(training.labels), test: Object.fromEntries(test.labels) },
      counts: { training: membersOf(training), test: membersOf(test) },
      entities: { training: usedEntities(training), test: usedEntities(test) },
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
    return [...this.#splits[split].by.entity]
      .filter(([, counts]) => counts.has('no-text') && !counts.has('used'))
      .map(([entity]) => entity)
      .sort(compareCodePoints);
  }
}

function count(counts: SplitCounts, row: Row, bucket: Bucket): void {
  increment(counts.buckets, bucket);
  const { by } = counts;
  increment(member(by.entity, row.entity), bucket);
  increment(member(by.domain, row.domain), bucket);
  increment(member(by.language, row.language ?? '(none)'), bucket);
  increment(member(by.label, row.polarity === '' ? '(none)' : row.polarity), bucket);
}

function member(members: Map<string, Counts>, name: string): Counts {
  const found = members.get(name);
  if (found !== undefined) return found;
  const key = members.size < MEMBERS ? name : OTHERS;
  const counts = members.get(key) ?? new Map<Bucket, number>();
  members.set(key, counts);
  return counts;
}

function usedEntities({ by }: SplitCounts): number {
  return [...by.entity.values()].filter((counts) => counts.has('used')).length;
}

/** Only the buckets that have rows: sixty entities times ten buckets are hard to read. */
function membersOf({ by }: SplitCounts): Json {
  const kinds = Object.entries(by).map(([kind, members]) => [
    kind,
    Object.fromEntries([...members].map(([name, counts]) => [name, Object.fromEntries(counts)])),
  ]);
  return Object.fromEntries(kinds);
}

function bucketCounts({ buckets }: SplitCounts, malformed = 0): Json {
  return Object.fromEntries(
    BUCKETS.map((bucket) => [bucket, bucket === 'malformed' ? malformed : (buckets.get(bucket) ?? 0)]),
  );
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function emptyCounts(): SplitCounts {
  return {
    buckets: new Map(),
    labels: new Map(),
    by: { entity: new Map(), domain: new Map(), language: new Map(), label: new Map() },
    texts: new Fingerprints(),
    cleaned: new Fingerprints(),
  };
}
