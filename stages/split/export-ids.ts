import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareCodePoints, type Json } from '../../pipeline/base/canonical.js';
import { csvField } from '../../pipeline/base/csv-field.js';
import { readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';

export type IdsFormat = 'csv' | 'jsonl';

/** A data set that may be passed on: what X's terms let data sets carry, ids and not texts. */
export interface IdsExport {
  readonly content: string;
  /** What it is and how many, without the name of any file. */
  readonly card: Readonly<Record<string, Json>>;
}

interface Tweet {
  readonly entity: string;
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

const SPLITS = ['train', 'validation', 'test'] as const;
const COLUMNS = ['entity', 'id', 'label', 'split'] as const;
/** No white space: whatever a table of somebody's own has in its column of ids, a sentence is none. */
const NAME = /^[\p{L}\p{N}_.:-]{1,64}$/u;

/**
 * The tweets of a split as entity, id, label and part. The error says which tweet has a text where a name should be; nothing
 * of it is quoted.
 *
 * @param folders those of the outputs `fit` and `test`
 */
export async function exportIds(
  folders: { readonly fit: string; readonly test: string },
  format: IdsFormat,
): Promise<Result<IdsExport, string>> {
  const labels = JSON.parse(readFileSync(join(folders.fit, 'labels.json'), 'utf8')) as readonly string[];
  const zero = () => Object.fromEntries(SPLITS.map((split) => [split, 0])) as Record<string, number>;
  const counts = Object.fromEntries(
    SPLITS.map((split) => [split, Object.fromEntries(labels.map((label) => [label, 0]))]),
  ) as Record<string, Record<string, number>>;
  const entities = new Map<string, Record<string, number>>();
  const lines = format === 'csv' ? [COLUMNS.join(',')] : [];
  let rows = 0;
  for (const split of SPLITS) {
    const file = join(split === 'test' ? folders.test : folders.fit, `${split}.jsonl`);
    let line = 0;
    for await (const { entity, id, label, text } of readJsonLines<Tweet>(file)) {
      line += 1;
      const problem = problemOf({ entity, id, label, text }, labels);
      if (problem !== null) return err(`${split}.jsonl:${line}: ${problem}`);
      const row = { entity, id, label, split };
      lines.push(
        format === 'csv' ? COLUMNS.map((name) => csvField(row[name])).join(',') : JSON.stringify(row),
      );
      const own = counts[split] ?? {};
      own[label] = (own[label] ?? 0) + 1;
      const ofEntity = entities.get(entity) ?? zero();
      ofEntity[split] = (ofEntity[split] ?? 0) + 1;
      entities.set(entity, ofEntity);
      rows += 1;
    }
  }
  const content = `${lines.join('\n')}\n`;
  return ok({
    content,
    card: {
      schema: 1,
      columns: [...COLUMNS],
      rows,
      labels: [...labels],
      counts,
      entities: Object.fromEntries([...entities].sort(([a], [b]) => compareCodePoints(a, b))),
      texts: 'none: they are to be had by id from where they were published',
      sha256: createHash('sha256').update(content).digest('hex'),
    },
  });
}

const LONGEST_LABEL = 64;

function problemOf({ entity, id, label, text }: Tweet, labels: readonly string[]): string | null {
  if (!NAME.test(id) || id === text) return 'its id is no id, and may be a text';
  if (entity !== '' && !NAME.test(entity)) return 'its entity is no name, and may be a text';
  if (label.length > LONGEST_LABEL || label === text) return 'its label is no class, and may be a text';
  return labels.includes(label) ? null : 'its label is none of labels.json';
}
