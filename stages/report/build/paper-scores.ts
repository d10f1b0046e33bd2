import { canonicalJson } from '../../../pipeline/base/canonical.js';
import type { Tables } from '../audit/tables-schema.js';
import type { OwnScores, PaperScores } from '../model/paper-parts.js';
import type { ResultRow } from '../model/report.js';
import { groupBy } from '../order.js';

export function buildScores(
  { table3, training }: Tables,
  rows: readonly ResultRow[],
  findingsOf: (table: string, row: string) => readonly string[],
): PaperScores {
  return {
    published: (table3 ?? []).map((row) => ({
      bits: row.bits,
      accuracy: {
        mean: row.accuracy_mean,
        pm: row.accuracy_pm ?? null,
        max: row.accuracy_max ?? null,
      },
      f_score: { mean: row.f_mean, pm: row.f_pm ?? null, max: row.f_max ?? null },
      n: training?.seeds ?? null,
      findings: findingsOf('table3', String(row.bits)),
    })),
    own: ownScores(rows),
  };
}

/** Devices that give the same scores with each seed share a line; an emulated one stands alone. */
function ownScores(rows: readonly ResultRow[]): OwnScores[] {
  const groups = groupBy(rows, ({ model, variant, precision, conditions, seeds }) =>
    canonicalJson([
      model,
      { ...variant },
      precision,
      conditions.test_set,
      conditions.emulated,
      seeds.map(({ seed, accuracy, macro_f1 }) => [seed, String(accuracy), String(macro_f1)]),
    ]),
  );
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { model, variant, precision, n_tweets, accuracy, macro_f1 } = first;
    return [
      {
        rows: same.map(({ id }) => id),
        model,
        variant,
        precision,
        devices: [...new Set(same.map(({ device }) => device))],
        emulated: first.conditions.emulated,
        n_tweets,
        accuracy,
        f_score: macro_f1,
      },
    ];
  });
}
