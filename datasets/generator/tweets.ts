import { decorate, handle, type Kind, rivalry, sentence, shortLink, unrelatedSentence } from './compose.js';
import { TOPICS } from './english.js';
import { ENTITIES, type Entity, type Polarity } from './entities.js';
import type { Random } from './random.js';

export type Split = 'training' | 'test';

/** One row of the labelled, tweet_info and text files. */
export interface SampleRow {
  readonly split: Split;
  readonly entity: Entity;
  readonly id: string;
  readonly author: string;
  readonly language: 'EN' | 'ES';
  readonly timestamp: number;
  /** As annotated; null for a tweet that is not about the entity. */
  readonly polarity: Polarity | null;
  /** What its words tell who reads them perfectly, before annotators erred; null where they tell nothing. */
  readonly told: Polarity | null;
  readonly topic: string;
  readonly priority: string;
  readonly link: string | null;
  readonly nearDuplicateOf: string | null;
  /** Empty: not available. */
  readonly text: string;
}

/** Above any id that a platform has given out so far, so that no real tweet is meant, and beyond 2^53. */
const FIRST_ID = 9_100_000_000_000_000_000n;
const FIRST_TIME = { training: 1_338_508_800, test: 1_349_049_600 } as const;

/** Annotators err: this share of labels is drawn anew. */
const LABEL_NOISE = 0.06;
const SHARE = { spanish: 0.19, unrelated: 0.2, missing: 0.04, nearDuplicate: 0.03, rivalry: 0.012 } as const;

/** All rows in file order: by split, entity and id. */
export function makeRows(random: Random): readonly SampleRow[] {
  const clock = new Clock(random);
  const texts = new Set<string>();
  const rows: SampleRow[] = [];
  for (const split of ['training', 'test'] as const) {
    for (const entity of ENTITIES) {
      const own: SampleRow[] = [];
      const count = split === 'training' ? entity.training : entity.test;
      while (own.length < count) {
        const earlier = own.length > 20 && random.chance(SHARE.nearDuplicate) ? random.pick(own) : undefined;
        if (earlier !== undefined && earlier.text !== '' && earlier.polarity !== null) {
          own.push(nearDuplicate(earlier, clock, random));
        } else {
          own.push(freshRow(split, entity, clock, texts, random));
        }
      }
      rows.push(...own);
    }
  }
  const shared = rivalries(rows, random);
  return [...rows, ...shared].sort(
    (a, b) => order(b.split, a.split) || order(a.entity.id, b.entity.id) || order(a.id, b.id),
  );
}

/** Ids and times that only grow. */
class Clock {
  readonly #random: Random;
  #id = FIRST_ID;
  #seconds = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  tick(split: Split): { readonly id: string; readonly timestamp: number } {
    this.#id += BigInt(this.#random.integer(1_000_000, 900_000_000)) * 4099n;
    this.#seconds += this.#random.integer(60, 2400);
    return { id: this.#id.toString(), timestamp: FIRST_TIME[split] + (this.#seconds % 9_000_000) };
  }
}

function freshRow(split: Split, entity: Entity, clock: Clock, texts: Set<string>, random: Random): SampleRow {
  const language = random.chance(SHARE.spanish) ? 'ES' : 'EN';
  const related = !random.chance(SHARE.unrelated);
  const meant = random.weighted(entity.polarity);
  let kind: Kind;
  let text: string;
  let link: string | null;
  do {
    const made = related
      ? sentence(entity, language, meant, random)
      : unrelatedSentence(entity, language, random);
    kind = made.kind;
    link = random.chance(kind === 'news' ? 0.6 : 0.15) ? shortLink(random) : null;
    const mood =
      kind === 'ambiguous' || kind === 'unrelated'
        ? random.pick(['POSITIVE', 'NEUTRAL', 'NEGATIVE'] as const)
        : meant;
    text = decorate(made.text, entity, mood, link, random);
  } while (texts.has(text));
  texts.add(text);
  const label = random.chance(LABEL_NOISE) ? random.weighted(entity.polarity) : meant;
  const missing = random.chance(SHARE.missing) || (split === 'test' && !entity.testTexts);
  return {
    split,
    entity,
    ...clock.tick(split),
    author: handle(random),
    language,
    polarity: related ? label : null,
    told: related && kind !== 'ambiguous' ? meant : null,
    topic: kind === 'unrelated' ? '' : random.pick(TOPICS[kind]),
    priority: related ? random.weighted({ UNIMPORTANT: 0.45, MILDLY_IMPORTANT: 0.48, ALERT: 0.07 }) : '',
    link,
    nearDuplicateOf: null,
    text: missing ? '' : text,
  };
}

function nearDuplicate(earlier: SampleRow, clock: Clock, random: Random): SampleRow {
  const link = earlier.link === null ? null : shortLink(random);
  const text =
    earlier.link === null || link === null ? earlier.text : earlier.text.replace(earlier.link, link);
  return {
    ...earlier,
    ...clock.tick(earlier.split),
    author: handle(random),
    link,
    nearDuplicateOf: earlier.nearDuplicateOf ?? earlier.id,
    text: random.chance(0.5) ? `RT @${earlier.author}: ${text}` : text,
  };
}

/** Tweets that stand under two entities, with the label that each deserves: the same id twice. */
function rivalries(rows: readonly SampleRow[], random: Random): readonly SampleRow[] {
  const shared: SampleRow[] = [];
  for (const row of rows) {
    if (!random.chance(SHARE.rivalry)) continue;
    const rivals = ENTITIES.filter(({ domain, id }) => domain === row.entity.domain && id !== row.entity.id);
    const other = random.pick(rivals);
    const wins = random.chance(0.5);
    const id = (BigInt(row.id) + 7n).toString();
    const text = wins ? rivalry(row.entity, other, random) : rivalry(other, row.entity, random);
    const common = {
      ...row,
      id,
      language: 'EN',
      link: null,
      nearDuplicateOf: null,
      text: text.replaceAll('>', '&gt;'),
    } as const;
    const labelled = { topic: 'Comparisons', priority: 'MILDLY_IMPORTANT' } as const;
    shared.push(
      { ...common, ...labelled, ...both(wins ? 'POSITIVE' : 'NEGATIVE') },
      { ...common, ...labelled, entity: other, ...both(wins ? 'NEGATIVE' : 'POSITIVE') },
    );
  }
  return shared;
}

function both(polarity: Polarity): Pick<SampleRow, 'polarity' | 'told'> {
  return { polarity, told: polarity };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
