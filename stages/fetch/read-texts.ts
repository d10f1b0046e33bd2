import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import type { DroppedRows } from './dropped.js';
import { failures } from './failures.js';
import type { ArchiveReport } from './read-archive.js';
import { readTable } from './read-table.js';
import type { Split, SplitCounts } from './split-counts.js';
import { IdCheck, isRoundedId, isTweetId } from './tweet-id.js';

/** Where texts come from, and the name by which the card calls it. Without an archive it is a folder of tables. */
export interface TextsSource {
  readonly name: string;
  readonly path: string;
  readonly archive?: ArchiveReport;
}

export interface FoundText {
  readonly text: string;
  /** Name of the source. */
  readonly from: string;
}

/** The card names this many tweets of which sources disagree. */
const EXAMPLES = 20;

/**
 * Texts of one entity by tweet id, from every source that has any. The first text of an id stands, in the order of the sources;
 * an empty one means "not available then" and gives way to any later one.
 *
 * @param ids the tweets of the entity, which are looked for in archives.
 */
export async function readTexts(
  sources: readonly TextsSource[],
  split: Split,
  entity: string,
  ids: Iterable<string>,
  counts: SplitCounts,
  dropped: DroppedRows,
): Promise<Result<ReadonlyMap<string, FoundText>, StageFailure>> {
  const texts = new Map<string, FoundText>();
  const wanted = [...ids];
  const take = (id: string, text: string, from: string): void => {
    const before = texts.get(id);
    if (before !== undefined) counts.repeatedTexts += 1;
    if (before !== undefined && before.text !== text) {
      counts.disagreeingTexts += 1;
      // An empty text that gives way is no disagreement on what the tweet says.
      const bothSay = before.text !== '' && text !== '';
      if (bothSay && counts.disagreements.length < EXAMPLES) {
        counts.disagreements.push({ id, kept: before.from, other: from });
      }
    }
    if (before === undefined || before.text === '') texts.set(id, { text, from });
  };
  for (const { name, path, archive } of sources) {
    if (archive === undefined) {
      const read = await readTextsTable(name, path, split, entity, counts, dropped, take);
      if (!read.ok) return read;
      continue;
    }
    for (const id of wanted) {
      const text = archive.texts.get(id);
      if (text !== undefined) take(id, text, name);
    }
  }
  return ok(texts);
}

async function readTextsTable(
  name: string,
  folder: string,
  split: Split,
  entity: string,
  counts: SplitCounts,
  dropped: DroppedRows,
  take: (id: string, text: string, from: string) => void,
): Promise<Result<void, StageFailure>> {
  const relative = `${split}/${entity}.tsv`;
  const path = join(folder, relative);
  if (!existsSync(path)) return ok(undefined);
  const file = `${name}/${relative}`;
  const ids = new IdCheck();
  const read = await readTable(path, ['tweet_id', 'entity_id', 'text'], {
    onRow: (line, { tweet_id, entity_id, text }) => {
      const place = { file, line, id: tweet_id };
      ids.add(tweet_id);
      if (!isTweetId(tweet_id)) {
        dropped.add(isRoundedId(tweet_id) ? 'rounded-id' : 'not-an-id', place);
      } else if (entity_id !== entity) dropped.add('wrong-entity', place);
      else {
        if (text === '') counts.emptyTexts += 1;
        take(tweet_id, text, name);
      }
    },
    onBadLine: ({ line, problem, id }) => dropped.add(problem, { file, line, id }),
  });
  if (!read.ok) return read;
  const finding = ids.finding();
  if (finding !== null) return err(failures.roundedIds(path, finding));
  counts.files += 1;
  counts.texts += read.value.lines;
  counts.notUtf8 += read.value.notUtf8;
  return ok(undefined);
}
