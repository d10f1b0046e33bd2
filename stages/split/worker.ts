import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson, compareCodePoints, type Json } from '../../pipeline/base/canonical.js';
import { JsonLinesWriter, readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok } from '../../pipeline/base/result.js';
import type { StageFailure, StageWorker } from '../../pipeline/contract/worker.js';
import {
  apportion,
  countLabels,
  drawGroups,
  isTimed,
  latestFirst,
  type Tweet,
  takeStratified,
} from './groups.js';

interface InputTweet extends Tweet {
  readonly split: 'training' | 'test';
}

export const run: StageWorker = async ({ job, signal, progress, log }) => {
  const seed = job.options.seed as number;
  const fraction = job.options.validation_fraction as number;
  const limit = job.options.limit as number | undefined;
  const isLatest = job.options.validation === 'latest';
  const input = job.inputs.tweets?.[0];
  const { fit, test: testFolder, card } = job.outputs;
  if (input === undefined || fit === undefined || testFolder === undefined || card === undefined) {
    throw new Error('Internal error: the job of split lacks its input or its outputs');
  }
  const training: Tweet[] = [];
  const test: Tweet[] = [];
  for await (const { split, ...tweet } of readJsonLines<InputTweet>(input.path)) {
    (split === 'training' ? training : test).push(tweet);
    if (signal.aborted) return err({ code: 'aborted', message: 'Stopped while the tweets were read' });
  }
  progress(training.length + test.length, training.length + test.length, 'tweets');

  const timeless = isLatest ? training.find(({ id }) => !isTimed(id)) : undefined;
  if (timeless !== undefined) {
    return err({
      code: 'no-times',
      message: `The id ${JSON.stringify(timeless.id)} is no number, so which tweets are the latest cannot be told`,
      hint: 'Leave `validation: latest` out, or give ids that grow with time.',
    });
  }
  const drawn = drawGroups(training, seed);
  const available = countLabels(training);
  const groups = limit === undefined ? drawn : takeStratified(drawn, apportion(available, limit)).taken;
  const counts = countLabels(groups.flat());
  const wanted = new Map(
    [...counts].map(([label, count]) => [label, Math.max(1, Math.round(count * fraction))]),
  );
  const { taken, left } = takeStratified(isLatest ? latestFirst(groups) : groups, wanted);
  const parts = { train: sorted(left.flat()), validation: sorted(taken.flat()), test };

  const labels = [...new Set([...available.keys(), ...countLabels(test).keys()])].sort(compareCodePoints);
  const empty = emptyClass(labels, parts);
  if (empty !== undefined) return err(empty);

  for (const folder of [fit, testFolder]) {
    mkdirSync(folder, { recursive: true });
    writeFileAtomically(join(folder, 'labels.json'), `${canonicalJson(labels)}\n`);
  }
  writeTweets(join(fit, 'train.jsonl'), parts.train);
  writeTweets(join(fit, 'validation.jsonl'), parts.validation);
  writeTweets(join(testFolder, 'test.jsonl'), parts.test);
  const document = {
    schema: 1,
    seed,
    validation_fraction: fraction,
    ...(isLatest ? { validation: 'latest' } : {}),
    ...(limit === undefined ? {} : { limit }),
    counts: {
      train: labelCounts(parts.train, labels),
      validation: labelCounts(parts.validation, labels),
      test: labelCounts(parts.test, labels),
    },
  };
  writeFileAtomically(card, `${canonicalJson(document)}\n`);
  if (limit !== undefined && limit < training.length) {
    log(
      'info',
      `${parts.train.length + parts.validation.length} of ${training.length} training tweets, by \`limit\``,
    );
  }
  return ok({ train: parts.train.length, validation: parts.validation.length, test: parts.test.length });
};

/** A model cannot learn, be chosen by or be scored on a class that has no tweets there. */
function emptyClass(
  labels: readonly string[],
  parts: Readonly<Record<'train' | 'validation' | 'test', readonly Tweet[]>>,
): StageFailure | undefined {
  if (labels.length < 2) {
    return {
      code: 'empty-class',
      message: `All tweets have the same label${labels[0] === undefined ? '' : `, ${labels[0]}`}: there is nothing to tell apart`,
      hint: 'Look at the labels in the clean card.',
    };
  }
  for (const [name, tweets] of Object.entries(parts)) {
    const counts = countLabels(tweets);
    const missing = labels.filter((label) => !counts.has(label));
    if (missing.length === 0) continue;
    return {
      code: 'empty-class',
      message: `No ${name} tweet is ${missing.join(' or ')}; the split has ${tweets.length} tweets`,
      hint: 'Raise `limit` or leave it out, or look at the labels in the clean card.',
    };
  }
  return undefined;
}

/** By entity and id, so that the bytes do not depend on the order of the input either. */
function sorted(tweets: readonly Tweet[]): readonly Tweet[] {
  return [...tweets].sort((a, b) => compareCodePoints(a.entity, b.entity) || compareCodePoints(a.id, b.id));
}

function labelCounts(tweets: readonly Tweet[], labels: readonly string[]): Json {
  const counts = countLabels(tweets);
  return Object.fromEntries(labels.map((label) => [label, counts.get(label) ?? 0]));
}

function writeTweets(path: string, tweets: readonly Tweet[]): void {
  const writer = new JsonLinesWriter(path);
  for (const { entity, entity_name, domain, id, label, text } of tweets) {
    writer.write({ domain, entity, entity_name, id, label, text });
  }
  writer.close();
}
