import { type Bar, barChart, figureGrid } from '../../../pipeline/report/chart.js';
import { listed } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import type { PaperView } from '../model/paper.js';
import { fileName, inWords, type NamedRow, namedRows, type PaperReport, short } from './paper-rows.js';

/** One colour for each name, in the order of their first appearance. */
function stylesOf(names: readonly string[]): (name: string) => number {
  const distinct = [...new Set(names)];
  return (name) => Math.max(0, distinct.indexOf(name));
}

/** Bars of our measured rows by device. */
function ownBars(
  rows: readonly NamedRow[],
  of: (row: NamedRow['own']) => number | null,
  note?: (row: NamedRow) => string | undefined,
): Bar[] {
  const styleOf = stylesOf(rows.map(({ result }) => result.precision));
  return rows
    .filter(({ own }) => own.standing === 'measured')
    .map((row) => {
      const said = note?.(row);
      return {
        name: fileName(row.result),
        group: row.result.device,
        value: of(row.own),
        style: styleOf(row.result.precision),
        ...(said === undefined ? {} : { note: said }),
      };
    });
}

function publishedBars(
  { published }: PaperView,
  of: (row: PaperView['published'][number]) => number | null,
): Bar[] {
  const styleOf = stylesOf(published.map(({ bits }) => String(bits)));
  return published.map((row) => ({
    name: `${row.bits} bits`,
    group: row.device,
    value: of(row),
    style: styleOf(String(row.bits)),
  }));
}

const areKnown = (bars: readonly Bar[]): boolean =>
  bars.some(({ value }) => value !== null && Number.isFinite(value));

/** Figure 5. Ours and the published ones count other things, so that they share no axis. */
export function speedFigures(report: PaperReport): Html {
  const rows = namedRows(report);
  const giga = (value: number | null): number | null => (value === null ? null : value / 1e9);
  const own = ownBars(
    rows,
    ({ inputs }) => giga(inputs.flops_per_s),
    ({ result }) => (result.precision === 'int8' ? 'on integers for the most part' : undefined),
  );
  const published = publishedBars(report.paper, ({ inputs }) => giga(inputs.flops_per_s));
  const label = 'Operations a second (10⁹/s)';
  const constant = report.paper.column_findings.find(({ id }) => id.startsWith('flops-constant'));
  const charts = [
    ...(areKnown(published)
      ? [
          barChart({
            id: 'paper-flops-published',
            title: 'FLOPS, as printed',
            description: inWords(published),
            caption: `FLOPS of the published rows, as printed.${constant === undefined ? '' : ` ${constant.what}`}`,
            value: { label: 'FLOPS (10⁹/s, as printed)', minimum: 0 },
            bars: published,
          }),
        ]
      : []),
    ...(areKnown(own)
      ? [
          barChart({
            id: 'paper-flops-own',
            title: 'Achieved operations a second, this study',
            description: inWords(own),
            caption:
              'Operations of the model at the lengths that ran, two for each multiply-accumulate, over the mean latency. At int8 they are not floating-point operations for the most part.',
            value: { label, minimum: 0 },
            bars: own,
          }),
        ]
      : []),
  ];
  const none = rows.length > 0 && !areKnown(own);
  return html`${none && html`<p class="absent">Operations a second of this study are not known: that needs a valid timing and the count of its export card.</p>`}${figureGrid(charts)}`;
}

/** Beyond this ratio of the highest to the lowest, the short bars of a linear axis cannot be told apart. */
const WIDE = 20;

const INDEX_OF = { SI: 'si', MPI: 'mpi', RER: 'rer' } as const;

function indexFigure(id: string, title: string, unit: string, bars: readonly Bar[]): Html {
  const known = bars.flatMap((bar) =>
    bar.value !== null && bar.value > 0 ? [{ ...bar, value: bar.value }] : [],
  );
  const values = known.map(({ value }) => value);
  const highest = known.find(({ value }) => value === Math.max(...values));
  const isWide = Math.max(...values) > WIDE * Math.min(...values);
  const most =
    highest === undefined
      ? ''
      : `: ${highest.name} on ${highest.group ?? ''} has the highest value, ${short(highest.value)}`;
  return barChart({
    id,
    title,
    description: inWords(bars),
    caption: `${title}${most}, in ${unit}. The paper calls more better.${isWide ? ' The axis is logarithmic.' : ''}`,
    value: { label: unit, ...(isWide ? { type: 'log' } : { minimum: 0 }) },
    bars,
    format: short,
  });
}

/** Figure 7: the indices as the paper defines them, of its rows and of ours. */
export function indexFigures(report: PaperReport): Html {
  const { paper } = report;
  const rows = namedRows(report);
  const unknown: string[] = [];
  const charts = (['SI', 'MPI', 'RER'] as const).flatMap((index) => {
    const unit = paper.indices.find((one) => one.index === index)?.unit ?? '';
    const member = INDEX_OF[index];
    const published = publishedBars(paper, ({ paper_v1 }) => paper_v1[member]);
    const own = ownBars(rows, ({ paper_v1 }) => paper_v1[member]);
    if (!areKnown(own)) unknown.push(index);
    return [
      ...(areKnown(published)
        ? [indexFigure(`paper-${member}-published`, `${index} of the published rows`, unit, published)]
        : []),
      ...(areKnown(own) ? [indexFigure(`paper-${member}-own`, `${index} of this study`, unit, own)] : []),
    ];
  });
  return html`${figureGrid(charts)}${rows.length > 0 && unknown.length > 0 && html`<p>Not known of this study: ${listed(unknown)}. SI needs a timing and a count of operations, MPI and RER a power meter as well.</p>`}`;
}
