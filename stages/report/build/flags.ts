import { counted, formatNumber, listed } from '../../../pipeline/report/format.js';
import type { EnergyGroup, EnergyResult } from '../model/energy.js';
import type { Flag, RowFlags } from '../model/flags.js';
import type { ReportInputs } from '../read/inputs.js';
import type { MeasuredRow } from './results.js';

/** Tweets of the test split; null where no card, or more than one, says it. */
export function testTotal({ split }: Pick<ReportInputs, 'split'>): number | null {
  const [only] = split;
  const test = only?.document.counts.test;
  if (split.length !== 1 || test === undefined) return null;
  return Object.values(test).reduce((sum, count) => sum + count, 0);
}

/** The gravest first. */
export function buildFlags(
  inputs: Pick<ReportInputs, 'split'>,
  rows: readonly MeasuredRow[],
  energy: readonly EnergyGroup[],
): RowFlags[] {
  const total = testTotal(inputs);
  const results = energy.flatMap((group) => group.results);
  return rows.map((measured) => ({
    row: measured.row.id,
    flags: flagsOf(
      measured,
      total,
      results.filter(({ row }) => row === measured.row.id),
    ),
  }));
}

function flagsOf(
  { row, seeds }: MeasuredRow,
  total: number | null,
  energy: readonly EnergyResult[],
): readonly Flag[] {
  const { n_seeds, n_invalid, n_untimed, n_tweets, missing_seeds } = row;
  const documents = seeds.map(({ evaluation }) => evaluation.document);
  // What spoilt the timing spoilt the energy, too: said once.
  const lost = energy.filter(({ invalid, instance }) => {
    const own = row.seeds.find((one) => one.instance === instance);
    return invalid.length > 0 && own?.verdict !== 'invalid';
  }).length;
  const partly = energy.filter(({ power_class }) => power_class !== 'measured_inline').length;
  const tooShort = energy.filter(({ short, invalid }) => short && invalid.length === 0).length;
  const elsewhere = documents.filter(({ answers }) => answers !== undefined).length;
  const unjudged = documents.filter(({ verdict }) => verdict === undefined).length;
  // Nothing is said where all seeds are meant.
  const of = (count: number): string => (count === n_seeds ? '' : ` (${count} of ${n_seeds} seeds)`);
  const all: readonly (Flag | false)[] = [
    n_invalid > 0 && { kind: 'invalid', text: `INVALID timing${of(n_invalid)}` },
    lost > 0 && { kind: 'invalid-energy', text: `INVALID energy${of(lost)}` },
    row.conditions.emulated && { kind: 'emulated', text: 'EMULATED device' },
    total !== null &&
      n_tweets < total && {
        kind: 'partial-test',
        text: `partial: ${formatNumber(n_tweets)} of ${formatNumber(total)} tweets`,
      },
    partly > 0 && { kind: 'partial-energy', text: `partial energy${of(partly)}` },
    tooShort > 0 && { kind: 'short-energy', text: `short energy${of(tooShort)}` },
    n_untimed > 0 && { kind: 'not-timed', text: `not timed${of(n_untimed)}` },
    elsewhere > 0 && { kind: 'host-answers', text: `host answers${of(elsewhere)}` },
    missing_seeds.length > 0 && {
      kind: 'missing-seeds',
      text: `without ${counted(missing_seeds.length, 'seed')} (${listed(missing_seeds.map(String))})`,
    },
    unjudged > 0 && { kind: 'not-judged', text: `not judged${of(unjudged)}` },
    n_seeds === 1 && { kind: 'one-seed', text: 'one seed' },
  ];
  return all.filter((flag) => flag !== false);
}
