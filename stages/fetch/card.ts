import { type Digest, hexOf, type Json } from '../../pipeline/base/canonical.js';
import { DroppedRows, dropCard, dropWarnings } from './dropped.js';
import type { OfficialParts } from './official.js';
import type { ArchiveReport } from './read-archive.js';
import { SPLITS, type Split, type SplitCounts } from './split-counts.js';

/** All that is known of one split when its last file has been read. */
export interface SplitReport extends SplitCounts {
  rows: number;
  withText: number;
  /** By name of the source. */
  readonly withTextFrom: Map<string, number>;
  textsWithoutRow: number;
  unlabelled: number;
  readonly dropped: DroppedRows;
  readonly droppedTexts: DroppedRows;
  readonly entitiesWithoutText: string[];
  /** How many texts survived, by entity. */
  readonly entities: Map<string, { readonly rows: number; readonly withText: number }>;
}

export function splitWarnings(split: Split, report: SplitReport): readonly string[] {
  const warnings = [
    ...dropWarnings(`${split} rows`, report.dropped),
    ...dropWarnings(`${split} texts`, report.droppedTexts),
  ];
  const without = report.entitiesWithoutText;
  if (without.length > 0) {
    warnings.push(
      `no ${split} tweet has a text for these entities (${without.length}): ${without.join(', ')}`,
    );
  }
  if (report.disagreeingTexts > 0) {
    warnings.push(
      `texts of ${split} tweets that come again and differ, the first was taken: ${report.disagreeingTexts}`,
    );
  }
  return warnings;
}

/** What only one kind of source has. */
export type CardFacts =
  | { readonly table: Json; readonly unassigned: DroppedRows }
  | {
      readonly official: OfficialParts | null;
      readonly golds: readonly Json[];
      readonly archives: readonly ArchiveReport[];
    };

export function archiveWarnings({ name, dropped, disagreeing }: ArchiveReport): readonly string[] {
  return [
    ...dropWarnings(`lines of ${name}`, dropped),
    ...(disagreeing > 0
      ? [`texts of ${name} that come again in it and differ, the first was taken: ${disagreeing}`]
      : []),
  ];
}

function archiveCard(archive: ArchiveReport): Json {
  return {
    name: archive.name,
    files: archive.files,
    lines: archive.lines,
    not_utf8_lines: archive.notUtf8,
    lines_without_tweet: archive.withoutTweet,
    tweets: archive.tweets,
    wanted: archive.texts.size,
    repeated_texts: archive.repeated,
    disagreeing_texts: archive.disagreeing,
    dropped: dropCard('text', archive.name, archive.dropped),
  };
}

/** `fetch.json`, see docs/reference/artifacts.md. */
export function fetchCard(
  source: Json | undefined,
  reports: Readonly<Record<Split, SplitReport>>,
  warnings: readonly string[],
  digest: Digest,
  facts: CardFacts,
): Json {
  const { training, test } = reports;
  const archives = 'table' in facts ? [] : facts.archives;
  return {
    schema: 1,
    source: source ?? null,
    synthetic: source === 'sample',
    files:
      training.files +
      test.files +
      ('table' in facts ? 0 : 1 + archives.reduce((sum, { files }) => sum + files, 0)),
    rows: { training: training.rows, test: test.rows },
    joined: { training: joined(training), test: joined(test) },
    texts_from: {
      training: Object.fromEntries(training.withTextFrom),
      test: Object.fromEntries(test.withTextFrom),
    },
    disagreements: { training: training.disagreements, test: test.disagreements },
    ...(archives.length === 0 ? {} : { archives: archives.map(archiveCard) }),
    dropped: SPLITS.flatMap((split) => [
      ...dropCard('row', split, reports[split].dropped),
      ...dropCard('text', split, reports[split].droppedTexts),
    ]).concat('table' in facts ? dropCard('row', 'unassigned', facts.unassigned) : []),
    ...sourceFacts(facts),
    entities: { training: survival(training), test: survival(test) },
    entities_without_text: { training: training.entitiesWithoutText, test: test.entitiesWithoutText },
    warnings,
    sha256: hexOf(digest),
  };
}

function sourceFacts(facts: CardFacts): Readonly<Record<string, Json>> {
  if ('table' in facts) return { table: facts.table };
  const { official, golds } = facts;
  return {
    goldstandard: golds,
    official: official === null ? null : { same: [...official.same], different: [...official.different] },
  };
}

function survival({ entities }: SplitReport): Json {
  return Object.fromEntries(
    [...entities].map(([entity, { rows, withText }]) => [entity, { rows, with_text: withText }]),
  );
}

function joined(report: SplitReport): Json {
  return {
    labelled: report.labelled,
    with_text: report.withText,
    without_text: report.rows - report.withText,
    not_utf8_lines: report.notUtf8,
    texts: report.texts,
    empty_texts: report.emptyTexts,
    repeated_texts: report.repeatedTexts,
    disagreeing_texts: report.disagreeingTexts,
    texts_without_row: report.textsWithoutRow,
    repeated_tweet_info: report.repeatedInfo,
    unlabelled: report.unlabelled,
  };
}

export function fetchSummary({
  training,
  test,
}: Readonly<Record<Split, SplitReport>>): Readonly<Record<string, Json>> {
  return {
    rows: training.rows + test.rows,
    with_text: training.withText + test.withText,
    dropped: training.dropped.count + test.dropped.count,
  };
}

export function emptyReport(): SplitReport {
  return {
    files: 0,
    labelled: 0,
    notUtf8: 0,
    repeatedInfo: 0,
    texts: 0,
    emptyTexts: 0,
    repeatedTexts: 0,
    disagreeingTexts: 0,
    disagreements: [],
    rows: 0,
    withText: 0,
    withTextFrom: new Map(),
    textsWithoutRow: 0,
    unlabelled: 0,
    dropped: new DroppedRows(),
    droppedTexts: new DroppedRows(),
    entitiesWithoutText: [],
    entities: new Map(),
  };
}
