import { join } from 'node:path';
import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson, type Json } from '../../pipeline/base/canonical.js';
import { JsonLinesWriter } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageContext, StageFailure, StageWorker } from '../../pipeline/contract/worker.js';
import {
  archiveWarnings,
  emptyReport,
  fetchCard,
  fetchSummary,
  type SplitReport,
  splitWarnings,
} from './card.js';
import { failures } from './failures.js';
import { fetchTable } from './fetch-table.js';
import { officialWarnings, openPackage } from './open-package.js';
import { archiveFiles, readArchive } from './read-archive.js';
import { type LabelledTweet, readLabelled, readTweetInfo } from './read-entity.js';
import { GoldStandard } from './read-gold.js';
import { type Entity, listEntities, readEntities, readIds } from './read-package.js';
import { readTexts, type TextsSource } from './read-texts.js';
import { SPLITS, type Split } from './split-counts.js';

/** More malformed rows than this share of a split mean wrong files, not single accidents. */
const MALFORMED_LIMIT = 0.01;

export const run: StageWorker = async (context) => {
  const { external, outputs, options } = context.job;
  if (options.source === 'table') {
    return fetchTable(context, path(external, 'table'), {
      rows: path(outputs, 'rows'),
      card: path(outputs, 'card'),
    });
  }
  const opened = await openPackage(context);
  if (!opened.ok) return opened;
  const { root, texts: places, official } = opened.value;
  const entities = await readEntities(root);
  if (!entities.ok) return entities;
  const ids: Record<Split, readonly string[]> = { training: [], test: [] };
  for (const split of SPLITS) {
    const listed = listEntities(root, split);
    if (!listed.ok) return listed;
    ids[split] = listed.value;
  }

  const archives = await readArchives(places, root, ids, context);
  if (!archives.ok) return archives;
  const texts = archives.value;

  const writer = new JsonLinesWriter(path(outputs, 'rows'));
  const reports: Record<Split, SplitReport> = { training: emptyReport(), test: emptyReport() };
  const warnings = [...officialWarnings(opened.value)];
  const unlisted = new Set<string>();
  const total = ids.training.length + ids.test.length;
  let done = 0;
  const golds: Json[] = [];
  for (const split of SPLITS) {
    const gold = await GoldStandard.read(root, split);
    if (!gold.ok) return gold;
    reports[split].files += gold.value.files;
    for (const id of ids[split]) {
      if (context.signal.aborted) return err(failures.aborted());
      const entity = entities.value.get(id);
      if (entity === undefined) unlisted.add(id);
      const source = {
        root,
        texts,
        split,
        id,
        entity: entity ?? { name: id, domain: 'unknown' },
        gold: gold.value,
      };
      const read = await readEntity(source, reports[split], writer);
      if (!read.ok) return read;
      done += 1;
      context.progress(done, total, 'entities', `${split} ${id}`);
    }
    const limit = checkLimit(split, reports[split], root, texts);
    if (!limit.ok) return limit;
    warnings.push(
      ...splitWarnings(split, reports[split]),
      ...gold.value.warnings(reports[split].dropped.count),
    );
    golds.push(...gold.value.toJson());
  }
  const digest = writer.close();
  if (reports.training.rows + reports.test.rows === 0) return err(failures.noRows(root));
  if (unlisted.size > 0) {
    warnings.push(`not in the list of entities, so without name and domain: ${[...unlisted].join(', ')}`);
  }
  const read = texts.flatMap(({ archive }) => (archive === undefined ? [] : [archive]));
  warnings.push(...read.flatMap(archiveWarnings));
  for (const warning of warnings) context.log('warning', warning);
  writeFileAtomically(
    path(outputs, 'card'),
    `${canonicalJson(fetchCard(options.source, reports, warnings, digest, { official, golds, archives: read }))}\n`,
  );
  return ok(fetchSummary(reports));
};

interface EntitySource {
  readonly root: string;
  readonly texts: readonly TextsSource[];
  readonly split: Split;
  readonly id: string;
  readonly entity: Entity;
  readonly gold: GoldStandard;
}

/** Joins the three kinds of files of one entity; memory holds one entity at a time. */
async function readEntity(
  { root, texts, split, id, entity, gold }: EntitySource,
  report: SplitReport,
  writer: JsonLinesWriter,
): Promise<Result<void, StageFailure>> {
  const infos = await readTweetInfo(root, `${split}/tweet_info/${id}.dat`, report);
  if (!infos.ok) return infos;
  const found = await readTexts(texts, split, id, infos.value.keys(), report, report.droppedTexts);
  if (!found.ok) return found;
  const labelled = new Set<string>();
  const rowsBefore = report.rows;
  let withText = 0;
  const labels = `${split}/labeled/${id}.dat`;
  const onTweet = (tweet: LabelledTweet): void => {
    labelled.add(tweet.id);
    gold.compare(id, tweet);
    const info = infos.value.get(tweet.id);
    if (info === undefined) {
      report.dropped.add('no-tweet-info', { file: labels, line: tweet.line, id: tweet.id });
      return;
    }
    if ('bad' in info) {
      report.dropped.add(info.bad, info.place);
      return;
    }
    const { text = '', from = '' } = found.value.get(tweet.id) ?? {};
    if (text !== '') {
      withText += 1;
      report.withTextFrom.set(from, (report.withTextFrom.get(from) ?? 0) + 1);
    }
    report.rows += 1;
    // Keys in the order of canonical JSON: the writer is fast then.
    writer.write({
      domain: entity.domain,
      entity: id,
      entity_name: entity.name,
      filtering: tweet.filtering,
      id: tweet.id,
      language: info.language,
      near_duplicate_of: info.nearDuplicateOf,
      polarity: tweet.polarity,
      split,
      text: text === '' ? null : text,
    });
  };
  const read = await readLabelled(root, labels, id, report, onTweet, (reason, place) => {
    if (place.id !== null) labelled.add(place.id);
    report.dropped.add(reason, place);
  });
  if (!read.ok) return read;
  report.withText += withText;
  report.entities.set(id, { rows: report.rows - rowsBefore, withText });
  if (withText === 0) report.entitiesWithoutText.push(id);
  for (const tweet of found.value.keys()) if (!labelled.has(tweet)) report.textsWithoutRow += 1;
  for (const tweet of infos.value.keys()) if (!labelled.has(tweet)) report.unlabelled += 1;
  return ok(undefined);
}

function checkLimit(
  split: Split,
  report: SplitReport,
  root: string,
  texts: readonly TextsSource[],
): Result<void, StageFailure> {
  const kinds = [
    { what: `${split} rows`, dropped: report.dropped, total: report.labelled },
    { what: `${split} texts`, dropped: report.droppedTexts, total: report.texts },
  ];
  for (const { what, dropped, total } of kinds) {
    if (dropped.count <= total * MALFORMED_LIMIT) continue;
    const worst = dropped
      .worstFiles()
      .map((entry) => ({ ...entry, file: absolute(entry.file, root, texts) }));
    return err(failures.tooManyMalformed(what, dropped.count, total, worst));
  }
  return ok(undefined);
}

function absolute(file: string, root: string, texts: readonly TextsSource[]): string {
  const folder = texts.find(({ name }) => file.startsWith(`${name}/`));
  return folder === undefined ? join(root, file) : join(folder.path, file.slice(folder.name.length + 1));
}

/** Reads the places that are JSON Lines, with the texts of the tweets that the package has. */
async function readArchives(
  places: readonly TextsSource[],
  root: string,
  entities: Readonly<Record<Split, readonly string[]>>,
  { signal, progress }: StageContext,
): Promise<Result<readonly TextsSource[], StageFailure>> {
  const isArchive = ({ path: place }: TextsSource): boolean => archiveFiles(place).length > 0;
  if (!places.some(isArchive)) return ok(places);
  const wanted = await readIds(root, entities);
  if (!wanted.ok) return wanted;
  const sources: TextsSource[] = [];
  for (const place of places) {
    if (signal.aborted) return err(failures.aborted());
    if (!isArchive(place)) {
      sources.push(place);
      continue;
    }
    const onLines = (lines: number): void => progress(lines, undefined, 'lines', place.name);
    const archive = await readArchive(place.name, place.path, wanted.value, onLines);
    if (!archive.ok) return archive;
    const { dropped, lines } = archive.value;
    if (dropped.count > lines * MALFORMED_LIMIT) {
      return err(
        failures.tooManyMalformed(`lines of ${place.path}`, dropped.count, lines, dropped.worstFiles()),
      );
    }
    sources.push({ ...place, archive: archive.value });
  }
  return ok(sources);
}

function path(paths: StageContext['job']['external'], name: string): string {
  const found = paths[name];
  if (found === undefined) throw new Error(`Internal error: the job names no path for "${name}"`);
  return found;
}
