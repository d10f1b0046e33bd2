import { counted, listed } from '../../../pipeline/report/format.js';
import { type Html, html, joined } from '../../../pipeline/report/html.js';
import type { Flag } from '../model/flags.js';
import type { ReportModel } from '../model/report.js';

const isGrave = ({ kind }: Flag): boolean => kind === 'invalid' || kind === 'invalid-energy';

/** What to know of a row, the gravest first. */
export function flagsText(row: string, { flags }: Pick<ReportModel, 'flags'>): Html {
  const own = flags.find((one) => one.row === row)?.flags ?? [];
  if (own.length === 0) return html`none`;
  return joined(
    own.map((flag) =>
      isGrave(flag)
        ? html`<a class="unbroken" href="#validity"><strong>${flag.text}</strong></a>`
        : html`<span class="unbroken">${flag.text}</span>`,
    ),
    '; ',
  );
}

/** What the rows of a kind are; the flags themselves say it in fewer words. */
const WORDS: Readonly<Record<Exclude<Flag['kind'], 'invalid' | 'not-timed' | 'not-judged'>, string>> = {
  emulated: 'of an emulated device',
  'partial-test': 'scored on a part of the test split',
  'invalid-energy': 'with INVALID energy',
  'partial-energy': 'whose meter did not see all that the board drew',
  'short-energy': 'whose energy is of too short a time to publish',
  'host-answers': 'with answers of the host',
  'missing-seeds': 'without seeds that others have',
  'one-seed': 'of one seed',
};

/** What stands before the first figure: how much of all that follows counts. */
export function flagsView({ flags, validity }: ReportModel): Html {
  const verdicts = (
    [
      ['valid', 'valid'],
      ['invalid', 'INVALID'],
      ['not-timed', 'not timed'],
      ['not-recorded', 'judged by no gate'],
    ] as const
  ).flatMap(([verdict, text]) => {
    const count = validity.filter((one) => one.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  const said = Object.entries(WORDS).flatMap(([kind, text]) => {
    const count = flags.filter((row) => row.flags.some((flag) => flag.kind === kind)).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  return html`<p><strong>Before any figure.</strong> ${counted(validity.length, 'evaluation')}: ${listed(verdicts)} (<a href="#validity">why</a>). ${counted(flags.length, 'row')}: ${said.length === 0 ? 'none emulated, partial or of one seed' : listed(said)}. The column Flags has those of each row.</p>
`;
}
