import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../pipeline/base/canonical.js';
import { compareCodePoints } from '../../pipeline/base/canonical.js';
import { ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import type { LabelledTweet } from './read-entity.js';
import { readTable } from './read-table.js';
import type { Split } from './split-counts.js';

/** What a file of the organisers' is named after. Topics and their priorities are no part of any study here. */
const COLUMNS = ['filtering', 'polarity'] as const;

interface GoldFile {
  /** Relative to the package. */
  readonly file: string;
  readonly column: (typeof COLUMNS)[number];
  /** Value by entity, then by tweet. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly rows: number;
  agreeing: number;
  differing: number;
  bad: number;
}

/**
 * The gold standard of a split, which the organisers' evaluation reads: the same labels once more, row by row. Held against the
 * labels, it tells whether a package belongs together.
 */
export class GoldStandard {
  readonly #files: GoldFile[] = [];

  /** Reads `goldstandard*` of the split; a package without is none the worse. */
  static async read(root: string, split: Split): Promise<Result<GoldStandard, StageFailure>> {
    const gold = new GoldStandard();
    const folder = join(root, split);
    const folders = existsSync(folder)
      ? readdirSync(folder).filter((name) => name.startsWith('goldstandard'))
      : [];
    for (const name of folders.sort(compareCodePoints)) {
      for (const column of COLUMNS) {
        const file = `${split}/${name}/goldstandard_${column}.dat`;
        if (!existsSync(join(root, file))) continue;
        const values = new Map<string, Map<string, string>>();
        let bad = 0;
        const read = await readTable(join(root, file), ['entity_id', 'tweet_id', column], {
          onRow: (_, row) => {
            const own = values.get(row.entity_id);
            if (own === undefined) values.set(row.entity_id, new Map([[row.tweet_id, row[column]]]));
            else own.set(row.tweet_id, row[column]);
          },
          onBadLine: () => {
            bad += 1;
          },
        });
        if (!read.ok) return read;
        gold.#files.push({ file, column, values, rows: read.value.lines, agreeing: 0, differing: 0, bad });
      }
    }
    return ok(gold);
  }

  get files(): number {
    return this.#files.length;
  }

  compare(entity: string, tweet: LabelledTweet): void {
    for (const file of this.#files) {
      const value = file.values.get(entity)?.get(tweet.id);
      if (value === tweet[file.column]) file.agreeing += 1;
      else if (value !== undefined) file.differing += 1;
    }
  }

  /** After the last row: how many gold rows agree with a label, differ from it, or have none. */
  toJson(): readonly Json[] {
    return this.#files.map((gold) => ({
      file: gold.file,
      rows: gold.rows,
      agreeing: gold.agreeing,
      differing: gold.differing,
      without_label: withoutLabel(gold),
      malformed: gold.bad,
    }));
  }

  /** @param dropped rows of the split that were dropped: theirs have no label, as is to be expected */
  warnings(dropped: number): readonly string[] {
    return this.#files
      .filter((gold) => gold.differing + gold.bad > 0 || withoutLabel(gold) > dropped)
      .map(
        (gold) =>
          `${gold.file}: of ${gold.rows} rows ${gold.differing} differ from the labels, ` +
          `${withoutLabel(gold)} have none and ${gold.bad} are malformed`,
      );
  }
}

const withoutLabel = ({ rows, bad, agreeing, differing }: GoldFile): number =>
  rows - bad - agreeing - differing;
