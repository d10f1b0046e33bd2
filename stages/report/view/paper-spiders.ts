import { figureGrid, radarChart } from '../../../pipeline/report/chart.js';
import { formatNumber, listed } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { folded } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { PaperView } from '../model/paper.js';
import { groupBy } from '../order.js';
import { namedRows, type PaperReport } from './paper-rows.js';

const ATTRIBUTE_NAMES: Readonly<Record<PaperView['attributes'][number]['attribute'], string>> = {
  accuracy: 'Accuracy',
  f_score: 'F',
  time_s: 'Time',
  flops_per_s: 'FLOPS',
  power_tot_kw: 'Power',
  cpu_percent: 'CPU',
  memory_percent: 'Memory',
};

interface Spider {
  readonly id: string;
  readonly title: string;
  /** How many rows the best was looked for among. */
  readonly among: number;
  readonly shapes: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

function spider({ id, title, among, shapes }: Spider, { attributes }: PaperView): Html {
  const axes = attributes.map(({ attribute }, index) => ({ name: ATTRIBUTE_NAMES[attribute], index }));
  const known = axes.filter(({ index }) => shapes.some(({ values }) => typeof values[index] === 'number'));
  const missing = axes.filter((axis) => !known.includes(axis)).map(({ name }) => name);
  const drawn = shapes.map(({ name, values }, style) => ({
    name,
    style,
    values: known.map(({ index }) => values[index] ?? null),
  }));
  const words = drawn.map(
    ({ name, values }) =>
      `${name}: ${known.map((axis, at) => `${axis.name} ${values[at] === null ? 'not known' : formatNumber(values[at] ?? 0, 2)}`).join(', ')}`,
  );
  return radarChart({
    id,
    title,
    description: `${words.join('; ')}.`,
    caption: `Outer is better: 1 is the best of ${among} rows, 0.5 is half as good.${missing.length > 0 ? ` Not known and not drawn: ${listed(missing)}.` : ''}`,
    axes: known.map(({ name }) => name),
    shapes: drawn,
  });
}

/** Figure 6: for each device one spider with a shape for each precision. */
export function spidersView(report: PaperReport): Html {
  const { paper } = report;
  const published = [...groupBy(paper.published, ({ device }) => device)].map(([device, rows], index) =>
    spider(
      {
        id: `paper-spider-published-${index + 1}`,
        title: `Published: ${device}`,
        among: rows[0]?.normalized?.among.length ?? 0,
        shapes: rows.map(({ bits, normalized }) => ({
          name: `${bits} bits`,
          values: normalized?.values ?? [],
        })),
      },
      paper,
    ),
  );
  const rows = namedRows(report);
  const compared = rows.filter(({ own }) => (own.normalized?.among.length ?? 0) > 1);
  const groups = groupBy(compared, ({ own, result }) =>
    JSON.stringify([own.normalized?.among, result.device, result.model, result.variant]),
  );
  const own = [...groups.values()].flatMap((group, index) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      spider(
        {
          id: `paper-spider-own-${index + 1}`,
          title: `This study: ${modelName(first.result.model, first.result.variant)} on ${first.result.device}`,
          among: first.own.normalized?.among.length ?? 0,
          shapes: group.map(({ own: { normalized }, result }) => ({
            name: result.precision,
            values: normalized?.values ?? [],
          })),
        },
        paper,
      ),
    ];
  });
  const less = listed(
    paper.attributes
      .filter(({ better }) => better === 'less')
      .map(({ attribute }) => ATTRIBUTE_NAMES[attribute]),
  );
  const alone = rows.length > 0 && own.length === 0;
  return html`<p>The paper draws values between 0 and 1 and does not say how it made them. Here each value of table IV is divided by the best of the rows that were measured alike: the value over the highest, and for ${less}, of which less is better, the lowest over the value. Published rows are compared with published ones alone.${alone && ' No two rows of this study were measured alike, so that there is nothing to normalise by.'}</p>
${own.length > 0 && figureGrid(own)}${published.length > 0 && folded('The published rows in the same way', figureGrid(published))}`;
}
