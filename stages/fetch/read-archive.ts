import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compareCodePoints } from '../../pipeline/base/canonical.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import { DroppedRows } from './dropped.js';
import { failures } from './failures.js';
import { readLines } from './read-lines.js';
import { isSystemError } from './read-table.js';
import { IdCheck, isTweetId } from './tweet-id.js';
import { tweetsOfLine } from './tweet-objects.js';

/** Files of JSON Lines. */
const OBJECTS = /\.(jsonl|ndjson|json)$/;

/** A line may be an answer of hundreds of tweets with all that they include. */
const LONGEST_LINE = 16 << 20;

/** What one archive of JSON Lines held. */
export interface ArchiveReport {
  readonly name: string;
  files: number;
  lines: number;
  notUtf8: number;
  /** Lines of something else: notices of deletion, answers without a tweet. */
  withoutTweet: number;
  /** Tweets, those inside of others included. */
  tweets: number;
  /** Texts of tweets that the package has, the first of each. */
  readonly texts: ReadonlyMap<string, string>;
  repeated: number;
  /** Among the repeated ones, those that differ. */
  disagreeing: number;
  readonly dropped: DroppedRows;
}

/** The files of an archive, sorted; none where it is a folder of tables. */
export function archiveFiles(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return [path];
  if (found === undefined || isTables(path)) return [];
  return readdirSync(path)
    .filter((name) => OBJECTS.test(name))
    .sort(compareCodePoints)
    .map((name) => join(path, name));
}

function isTables(folder: string): boolean {
  return ['training', 'test'].some((split) =>
    statSync(join(folder, split), { throwIfNoEntry: false })?.isDirectory(),
  );
}

/**
 * Reads an archive line by line and keeps the texts of wanted tweets. A tweet that comes again keeps its first text, but that an empty
 * one, which stands for "not available", gives way.
 *
 * @returns `unreadable-file`, `rounded-ids` or `no-tweets` as failures.
 */
export async function readArchive(
  name: string,
  path: string,
  wanted: ReadonlySet<string>,
  onLines: (lines: number) => void = () => undefined,
): Promise<Result<ArchiveReport, StageFailure>> {
  const texts = new Map<string, string>();
  const dropped = new DroppedRows();
  const report = {
    name,
    files: 0,
    lines: 0,
    notUtf8: 0,
    withoutTweet: 0,
    tweets: 0,
    texts,
    repeated: 0,
    disagreeing: 0,
    dropped,
  };
  for (const file of archiveFiles(path)) {
    const ids = new IdCheck();
    const shown = file === path ? name : `${name}/${relative(path, file)}`;
    try {
      for await (const batch of readLines(file, 'utf-8', LONGEST_LINE)) {
        onLines(report.lines);
        for (const line of batch) {
          report.lines += 1;
          if (!line.utf8) report.notUtf8 += 1;
          const place = { file: shown, line: line.number, id: null };
          if (line.tooLong) {
            dropped.add('line-too-long', place);
            continue;
          }
          const tweets = tweetsOfLine(line.text);
          if (tweets === undefined) dropped.add('not-json', place);
          else if (tweets.length === 0) report.withoutTweet += 1;
          for (const { id, text } of tweets ?? []) {
            report.tweets += 1;
            ids.add(id ?? '1e18');
            if (id === null) dropped.add('rounded-id', place);
            else if (!isTweetId(id)) dropped.add('not-an-id', { ...place, id });
            else if (wanted.has(id)) take(report, texts, id, text);
          }
        }
      }
    } catch (error) {
      if (isSystemError(error)) return err(failures.unreadable(file, error.message));
      throw error;
    }
    const finding = ids.finding();
    if (finding !== null) return err(failures.roundedIds(file, finding));
    report.files += 1;
  }
  return report.tweets === 0 && dropped.count === 0 ? err(failures.noTweets(path)) : ok(report);
}

function take(report: ArchiveReport, texts: Map<string, string>, id: string, text: string): void {
  const before = texts.get(id);
  if (before !== undefined) report.repeated += 1;
  if (before !== undefined && before !== text) report.disagreeing += 1;
  if (before === undefined || before === '') texts.set(id, text);
}
