import type { Bar } from '../../../pipeline/report/chart.js';
import { ABSENT, formatNumber, listed } from '../../../pipeline/report/format.js';
import { type Content, html } from '../../../pipeline/report/html.js';
import { type Cell, cell } from '../../../pipeline/report/table.js';
import { modelName, rowName } from '../build/notices.js';
import type { OwnRow, PaperView, PublishedRow } from '../model/paper.js';
import type { TimingStanding } from '../model/paper-parts.js';
import type { ReportModel, ResultRow } from '../model/report.js';

/** The report with what its paper sections need. */
export interface PaperReport {
  readonly model: ReportModel;
  readonly paper: PaperView;
}

export interface NamedRow {
  readonly own: OwnRow;
  readonly result: ResultRow;
}

/** Our rows with the results that they are of, in their order. */
export function namedRows({ model, paper }: PaperReport): NamedRow[] {
  return paper.own.flatMap((own) => {
    const result = model.results.find(({ id }) => id === own.row);
    return result === undefined ? [] : [{ own, result }];
  });
}

/** What a table calls a published file; its device stands beside. */
export const publishedFile = ({ bits }: Pick<PublishedRow, 'bits'>): string => `published, ${bits} bits`;

/** Without its device, where that stands beside. */
export const fileName = ({ model, variant, precision }: ResultRow): string =>
  `${modelName(model, variant)} ${precision}`;

export const STANDINGS: Readonly<Record<TimingStanding, Content>> = {
  measured: 'not known',
  emulated: 'emulated',
  invalid: html`<a href="#validity">INVALID</a>`,
  'not-timed': 'not timed',
};

/** Four significant digits: these figures differ by powers of ten. */
export function short(value: number | null): string {
  if (value === null) return ABSENT;
  const size = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (size < -3 || size > 6) return value.toExponential(3).replaceAll('-', '−').replace('e+', 'e');
  return formatNumber(value, Math.max(3 - size, 0));
}

/** A figure that needs a timing; without one, why. */
export const timed = (
  value: number | null,
  standing: TimingStanding,
  format: (value: number) => string = short,
): Cell => cell(value === null ? STANDINGS[standing] : format(value), value);

/** `38,983 or 38,984`; null where nothing tells. */
export function publishedTweets({ inferences }: PaperView): string | null {
  if (inferences === null) return null;
  return [...new Set(inferences)].map((count) => formatNumber(count)).join(' or ');
}

/** `other tweets: 38,983 or 38,984 there against 5,000 here`. */
export function tweetsText({ model, paper }: PaperReport): string {
  const own = [...new Set(model.results.map(({ n_tweets }) => formatNumber(n_tweets)))];
  const there = publishedTweets(paper) ?? 'a number that it does not state';
  return `other tweets: ${there} there against ${own.length === 0 ? 'none' : listed(own)} here`;
}

/** What is in no chart of timings and why; empty where all is. */
export function leftOut(rows: readonly NamedRow[]): string {
  const named = (standing: TimingStanding): string =>
    listed(rows.filter(({ own }) => own.standing === standing).map(({ result }) => rowName(result)));
  const groups = [
    ['EMULATED', named('emulated')],
    ['INVALID', named('invalid')],
    ['not timed', named('not-timed')],
  ].flatMap(([what, names]) => (names === '' ? [] : [`${names} (${what})`]));
  return groups.length === 0 ? '' : `${groups.join('; ')}.`;
}

/** Bars of a figure in words, for those who cannot see them. */
export const inWords = (bars: readonly Bar[]): string =>
  `${bars.map(({ name, group, value }) => `${group === undefined ? '' : `${group}, `}${name}: ${value === null ? 'not known' : short(value)}`).join('; ')}.`;
