import type { Standing } from '../../../pipeline/report/comparable.js';
import { ABSENT, formatNumber, formatPercent, formatShort } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { folded, type Row, table } from '../../../pipeline/report/table.js';
import { rowName } from '../build/notices.js';
import type { EnergyGroup, EnergyResult } from '../model/energy.js';
import type { ReportModel } from '../model/report.js';
import { numeric, seedText, uncertainCell, uncertainColumn, value } from './cells.js';
import { recordLink } from './record-link.js';

const TITLES: Readonly<Record<Standing, string>> = {
  measured_inline: 'Measured: all that the board drew',
  partial: 'Measured in part: some rails of the board only',
  modelled: 'Modelled, not measured',
  none: 'Not measured',
  emulated: 'EMULATED: a simulator stood in for the meter or the board',
  invalid: 'INVALID: in no comparison',
};

function nameOf({ results }: ReportModel, { row, instance }: EnergyResult): string {
  const known = results.find(({ id }) => id === row);
  return known === undefined ? instance : rowName(known);
}

/** What a reader must know of this figure beside its uncertainty. */
function remarks({ short, measured_s, needed_s, calibrated, meter }: EnergyResult): string {
  const said = [
    short && `too short: ${formatShort(measured_s)} of ${needed_s} s`,
    !calibrated && meter.startsWith('acs712') && 'not calibrated',
  ];
  return said.filter((text) => text !== false).join('; ') || ABSENT;
}

function groupTable(model: ReportModel, { standing, results }: EnergyGroup): Html {
  const isInvalid = standing === 'invalid';
  const rows = results.map((one): Row => {
    const name = [nameOf(model, one), recordLink(one.instance, seedText(one.seed))];
    if (isInvalid) {
      const reasons = [...new Set(one.invalid.map(({ gate, message }) => `${message} (${gate})`))];
      return { cells: [...name, reasons.join('; ')] };
    }
    return {
      cells: [
        ...name,
        uncertainCell(one.gross_j_per_inference),
        uncertainCell(one.net_j_per_inference),
        uncertainCell(one.inferences_per_joule),
        uncertainCell(one.edp_js),
        uncertainCell(one.mean_w),
        uncertainCell(one.idle_w),
        formatNumber(one.inferences),
        html`<span class="unbroken">${one.meter}</span>`,
        remarks(one),
      ],
    };
  });
  return table({
    id: `energy-${standing}`,
    title: TITLES[standing],
    headers: 2,
    caption: `${TITLES[standing]}.${results.some(({ short }) => short) && !isInvalid ? ' Too short: the windows took less time than a figure to publish needs.' : ''}`,
    columns: isInvalid
      ? [{ header: 'Row' }, { header: 'Seed' }, { header: 'Why' }]
      : [
          { header: 'Row' },
          { header: 'Seed' },
          uncertainColumn('Gross', 'J per inference'),
          uncertainColumn('Net of idle', 'J per inference'),
          uncertainColumn('Inferences per joule'),
          uncertainColumn('Energy-delay product', 'J s'),
          uncertainColumn('Mean power', 'W'),
          uncertainColumn('Idle power', 'W'),
          numeric('Inferences'),
          { header: 'Meter' },
          { header: 'Remarks' },
        ],
    rows,
  });
}

/** The largest first: what to improve to know more. */
function budgetTable(model: ReportModel, results: readonly EnergyResult[]): Html {
  return table({
    id: 'energy-budget',
    title: 'Uncertainty of energy',
    headers: 3,
    caption: 'What the uncertainty of gross energy is made of: standard (k = 1), each alone.',
    columns: [
      { header: 'Row' },
      { header: 'Seed' },
      { header: 'Term' },
      numeric('Share of the energy', 'Share of the energy, k = 1'),
      { header: 'Known from' },
    ],
    rows: results.flatMap((one) =>
      [...one.budget]
        .sort((a, b) => b.share - a.share)
        .map(({ name, share, source }) => ({
          cells: [
            nameOf(model, one),
            seedText(one.seed),
            name,
            value(share, (part) => formatPercent(part, 2)),
            source,
          ],
        })),
    ),
  });
}

export function energyView(model: ReportModel): Html {
  if (model.energy.length === 0)
    return html`<p class="absent">No power meter recorded an evaluation of this run.</p>`;
  const counting = model.energy.filter(({ standing }) => standing !== 'invalid');
  const results = counting.flatMap((group) => group.results);
  const resolvable = results.flatMap(({ resolvable_w }) => (resolvable_w === null ? [] : [resolvable_w]));
  const most = resolvable.length === 0 ? null : Math.max(...resolvable);
  return html`<p>Energy of the same windows that latency comes from, ± expanded uncertainty (k = 2).${model.energy.length > 1 && ' Figures of different tables are never ranked together.'}${most !== null && ` Mean powers that differ by less than ${formatShort(most)} W cannot be told apart; energies of inferences that take different times can.`}</p>
${model.energy.map((group) => groupTable(model, group))}
${results.length > 0 && folded('What the uncertainty is made of', budgetTable(model, results))}`;
}
