import { figureGrid, type NamedPoint, pointChart } from '../../../pipeline/report/chart.js';
import {
  ABSENT,
  counted,
  formatNumber,
  formatShort,
  formatSigned,
  listed,
} from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { cell, folded, table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { ParetoFront, ParetoPoint } from '../model/pareto.js';
import type { ReportModel, ResultRow } from '../model/report.js';
import { intervalCell, intervalColumn, numeric, score, value } from './cells.js';
import { conditionColumns } from './results.js';

const AXES: Readonly<Record<ParetoFront['cost'], { name: string; label: string; divisor: number }>> = {
  latency: { name: 'latency', label: 'Median latency (ms)', divisor: 1 },
  energy: { name: 'energy', label: 'Gross energy (J per inference)', divisor: 1 },
  size: { name: 'size', label: 'Size of the file (MB)', divisor: 1e6 },
};

/** What the lines at a point are. */
const LINES: Readonly<Record<ParetoFront['cost'], string>> = {
  latency: 'Lines at a point are the 95 % intervals of both, each by itself and not paired.',
  energy:
    'Lines at a point are the 95 % interval of macro-F1, by itself and not paired, and energy ± U (k = 2).',
  size: 'The line at a point is the 95 % interval of macro-F1, by itself and not paired.',
};

const fileName = ({ model, variant, precision }: ResultRow): string =>
  `${modelName(model, variant)} ${precision}`;

interface Named {
  readonly point: ParetoPoint;
  readonly row: ResultRow;
}

function namedOf({ points }: ParetoFront, { results }: ReportModel): readonly Named[] {
  return points.flatMap((point) => {
    const row = results.find(({ id }) => id === point.row);
    return row === undefined ? [] : [{ point, row }];
  });
}

/** The device, and what else tells these conditions from others of the report. */
function placeOf(front: ParetoFront, model: ReportModel): string {
  const row = model.results.find(({ id }) => id === front.points[0]?.row);
  const others = row === undefined ? [] : conditionColumns(model.results).map(({ of }) => of(row));
  return [`${front.device}${front.emulated ? ' (emulated)' : ''}`, ...others].join('; ');
}

function frontChart(front: ParetoFront, model: ReportModel): Html {
  const { name, label, divisor } = AXES[front.cost];
  const named = namedOf(front, model);
  const precisions = [...new Set(named.map(({ row }) => row.precision))].sort();
  const members = named.filter(({ point }) => point.dominated_by === null);
  const said = members.map(
    ({ point, row }) => `${fileName(row)} (${score(point.macro_f1)} at ${formatShort(point.cost / divisor)})`,
  );
  const beaten = named.length - members.length;
  return pointChart({
    id: front.id,
    title: `Macro-F1 against ${name} on ${placeOf(front, model)}`,
    description: `On the front: ${listed(said)}. ${counted(beaten, 'other is', 'others are')} dominated.`,
    caption: `Upwards and to the left is better. On the front, the dashed line: ${listed(said)}. ${beaten === 0 ? 'None is dominated.' : `${counted(beaten, 'file is', 'files are')} dominated and grey.`} ${LINES[front.cost]}`,
    x: { label },
    y: { label: 'Macro-F1' },
    points: named.map(
      ({ point, row }): NamedPoint => ({
        name: fileName(row),
        x: point.cost / divisor,
        y: point.macro_f1,
        yInterval: point.macro_f1_interval,
        ...(point.cost_interval === null
          ? {}
          : {
              xInterval: [point.cost_interval[0] / divisor, point.cost_interval[1] / divisor] as const,
            }),
        style: precisions.indexOf(row.precision),
        isDimmed: point.dominated_by !== null,
        isEmphasized: point.dominated_by === null,
      }),
    ),
    steps: members.map(({ point }) => [point.cost / divisor, point.macro_f1] as const),
  });
}

const signed = (difference: number): string => formatSigned(difference, 3);

function dominatedTable(fronts: readonly ParetoFront[], model: ReportModel): Html {
  const rows = fronts.flatMap((front) => {
    const named = namedOf(front, model);
    const { divisor } = AXES[front.cost];
    return named.flatMap(({ point, row }) => {
      const better = named.find((other) => other.point.row === point.dominated_by);
      if (better === undefined) return [];
      return [
        {
          cells: [
            placeOf(front, model),
            front.cost,
            fileName(row),
            fileName(better.row),
            value(point.macro_f1 - better.point.macro_f1, signed),
            intervalCell(point.macro_f1_difference_interval, signed),
            cell(
              `${formatShort(point.cost / divisor)} / ${formatShort(better.point.cost / divisor)}`,
              point.cost / divisor,
              better.point.cost / divisor,
            ),
            value(point.cost / better.point.cost, (ratio) => `${formatNumber(ratio, 2)} ×`),
            point.clear_in.length === 0 ? 'neither: may be chance' : listed(point.clear_in),
          ],
        },
      ];
    });
  });
  if (rows.length === 0)
    return html`<p>No file is dominated: each is better than any other in macro-F1 or in the cost.</p>`;
  return table({
    id: 'dominated-table',
    title: 'Dominated files',
    headers: 3,
    caption:
      'Dominated files: another one is at least as good in macro-F1 and in the cost, and better in one of them. Of several such the one with the best macro-F1 is named. Costs are in ms, J and MB. The interval of the difference is paired by tweet. “Clear in” says what is more than chance: macro-F1 where that interval leaves out 0, a cost where the intervals of both do not overlap.',
    columns: [
      { header: 'Device' },
      { header: 'Cost' },
      { header: 'File' },
      { header: 'Dominated by' },
      numeric('Macro-F1 difference'),
      intervalColumn('Its 95 % interval', 'Macro-F1 difference 95 % interval'),
      numeric('Cost of both', 'Cost (ms, J or MB)', 'Cost of what dominates (ms, J or MB)'),
      numeric('Cost ratio'),
      { header: 'Clear in' },
    ],
    rows,
  });
}

/** Rows that have no place on a front. */
function leftOutTable(fronts: readonly ParetoFront[], model: ReportModel): Html | false {
  const rows = fronts.flatMap((front) =>
    front.left_out.map(({ row, why }) => {
      const known = model.results.find(({ id }) => id === row);
      return {
        cells: [placeOf(front, model), front.cost, known === undefined ? ABSENT : fileName(known), why],
      };
    }),
  );
  return (
    rows.length > 0 &&
    folded(
      'Files that are on no front',
      table({
        id: 'left-out-table',
        headers: 3,
        caption: 'Files whose cost or score does not count here.',
        columns: [{ header: 'Device' }, { header: 'Cost' }, { header: 'File' }, { header: 'Why' }],
        rows,
      }),
    )
  );
}

/** Which files are worth a look under each set of conditions: never two sets in one. */
export function paretoView(model: ReportModel): Html {
  const fronts = model.pareto.filter(({ points }) => points.length > 1);
  if (fronts.length === 0)
    return html`<p class="absent">Nothing to weigh: no two files were measured under the same conditions.</p>`;
  return html`<p>Each chart holds one device, runtime, protocol and test set. INVALID rows and emulated devices have no latency and no energy, only a size.</p>
${figureGrid(fronts.map((front) => frontChart(front, model)))}
${dominatedTable(fronts, model)}
${leftOutTable(model.pareto, model)}`;
}
