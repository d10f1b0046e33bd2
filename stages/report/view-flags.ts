import { counted, listed } from '../../pipeline/report/format.js';
import { type Html, html, joined } from '../../pipeline/report/html.js';
import type { ReportModel } from './model.js';
import type { Flag } from './model-flags.js';

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

const are = (count: number, what: string): string => `${count} ${count === 1 ? 'is' : 'are'} ${what}`;

/** What stands before the first figure: how much of all that follows counts. */
export function flagsView({ flags, validity }: ReportModel): Html {
  const of = (verdict: string): number => validity.filter((one) => one.verdict === verdict).length;
  const invalid = of('invalid');
  const verdicts = [
    are(of('valid'), 'valid'),
    are(invalid, 'INVALID'),
    of('not-timed') > 0 && are(of('not-timed'), 'not timed'),
    of('not-recorded') > 0 && are(of('not-recorded'), 'judged by no gate'),
  ].filter((part) => part !== false);
  const rowsWith = (...kinds: readonly Flag['kind'][]): number =>
    flags.filter((row) => row.flags.some(({ kind }) => kinds.includes(kind))).length;
  const said = (
    [
      ['emulated', 'of an emulated device'],
      ['partial-test', 'scored on a part of the test split'],
      ['invalid-energy', 'with INVALID energy'],
      ['short-energy', 'with energy of windows that are too short to publish'],
      ['partial-energy', 'whose meter did not see all that the board drew'],
      ['host-answers', 'with answers of the host'],
      ['missing-seeds', 'without seeds that others have'],
      ['one-seed', 'of one seed'],
    ] as const
  ).flatMap(([kind, text]) => (rowsWith(kind) === 0 ? [] : [are(rowsWith(kind), text)]));
  return html`<p><strong>Before any figure:</strong> of ${counted(validity.length, 'evaluation')} ${listed(verdicts)}${invalid > 0 && html` (<a href="#validity">why</a>)`}; of ${counted(flags.length, 'row')} ${said.length === 0 ? 'none is emulated, partial or of one seed' : listed(said)}.</p>
`;
}
