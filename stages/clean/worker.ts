import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson } from '../../pipeline/base/canonical.js';
import { JsonLinesWriter, readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok } from '../../pipeline/base/result.js';
import type { StageFailure, StageWorker } from '../../pipeline/contract/worker.js';
import type { RulesName, StepSwitches } from '../_shared/cleaning-steps.js';
import { stepsOf } from '../_shared/cleaning-steps.js';
import { type BucketRules, bucketOf, type Row } from './bucket.js';
import { CleanCard } from './card.js';
import { cleaningDocument } from './cleaning-document.js';
import { Fingerprints } from './fingerprints.js';
import { malformedRows } from './malformed-rows.js';
import { cleaningSteps, cleanText } from './rules.js';

/** Rows between two looks at the signal and two words of progress. */
const STRIDE = 5000;

export const run: StageWorker = async ({ job, signal, progress, log }) => {
  const rules = job.options.rules as RulesName;
  const language = job.options.language as string;
  const switches = job.options.steps as StepSwitches | undefined;
  const nearDuplicates = (job.options.near_duplicates ?? 'keep') as string;
  const input = job.inputs.rows?.[0];
  const { tweets, card: cardPath, cleaning } = job.outputs;
  if (input === undefined || tweets === undefined || cardPath === undefined || cleaning === undefined) {
    throw new Error('Internal error: the job of clean lacks its input or its outputs');
  }
  const malformed = malformedRows((job.inputs.fetched?.[0] ?? job.inputs.hydrated?.[0])?.path);
  const writer = new JsonLinesWriter(tweets);
  const card = new CleanCard({ rules, steps: stepsOf(rules, switches), language, nearDuplicates, malformed });
  const steps = cleaningSteps(rules, switches);
  const bucketRules: BucketRules = {
    language,
    excludeNearDuplicates: nearDuplicates === 'exclude',
    clean: (text) => {
      card.steps.nextText();
      return cleanText(text, steps, ({ name }, before, after) => card.steps.observe(name, before, after));
    },
  };
  const seen = new Fingerprints();
  let done = 0;
  for await (const row of readJsonLines<Row>(input.path)) {
    done += 1;
    if (done % STRIDE === 0) {
      if (signal.aborted) return err(aborted(done));
      progress(done, undefined, 'rows');
    }
    const isNew = seen.add(`${row.split} ${row.entity} ${row.id}`);
    const sorted = bucketOf(row, !isNew, bucketRules);
    if (sorted.bucket !== 'used') {
      card.countUnused(row, sorted.bucket);
      continue;
    }
    card.countUsed(row, sorted.text);
    const { split, entity, entity_name, domain, id, polarity } = row;
    writer.write({ domain, entity, entity_name, id, label: polarity, split, text: sorted.text });
  }
  const digest = writer.close();
  progress(done, done, 'rows');
  for (const split of ['training', 'test'] as const) {
    if (card.used(split) === 0) return err(nothingUsed(split, language));
  }
  for (const warning of card.warnings()) log('warning', warning);
  writeFileAtomically(cardPath, `${canonicalJson(card.toJson(digest))}\n`);
  writeFileAtomically(cleaning, `${canonicalJson(cleaningDocument(rules, steps))}\n`);
  return ok({ training: card.used('training'), test: card.used('test'), rules });
};

function aborted(rows: number): StageFailure {
  return { code: 'aborted', message: `Stopped after ${rows} rows` };
}

function nothingUsed(split: string, language: string): StageFailure {
  return {
    code: 'nothing-left',
    message: `No ${split} row can be used: in ${language}, about its entity, with a label and a text`,
    hint: 'Look at the counts in the fetch card; check `language`, and data.texts or the columns of the table.',
  };
}
