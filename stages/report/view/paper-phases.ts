import { type Bar, barChart, figureGrid } from '../../../pipeline/report/chart.js';
import { formatMegabytes, formatNumber, formatShort } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, folded, table } from '../../../pipeline/report/table.js';
import type { PaperPhases, PhaseMeans } from '../model/paper-parts.js';
import { groupBy } from '../order.js';
import { numeric } from './cells.js';
import { fileName, inWords, namedRows, type PaperReport, timed } from './paper-rows.js';

const PHASES = [
  ['before', 'before'],
  ['during', 'while timed'],
  ['after', 'after'],
] as const;

const inMegabytes = (bytes: number | null): number | null => (bytes === null ? null : bytes / 1e6);
const megabytes = (value: number): string => formatMegabytes(value * 1e6);

const MEASURES: readonly {
  readonly id: string;
  readonly title: string;
  readonly label: string;
  readonly of: (means: PhaseMeans) => number | null;
}[] = [
  { id: 'cpu', title: 'Processor', label: 'CPU of the system (%)', of: ({ cpu_system }) => cpu_system },
  {
    id: 'memory',
    title: 'Memory',
    label: 'Memory of the system in use (MB)',
    of: ({ memory_used }) => inMegabytes(memory_used),
  },
  { id: 'power', title: 'Power', label: 'Power of the board (W)', of: ({ power }) => power },
];

function phaseTable(report: PaperReport): Html {
  const rows = namedRows(report).flatMap(({ own, result }) => {
    const phases = report.paper.phases.find(({ row }) => row === own.row);
    return phases === undefined ? [] : [{ phases, result }];
  });
  const hasPower = rows.some(({ phases }) => PHASES.some(([phase]) => phases[phase].power !== null));
  const cells = ({ standing, ...phases }: PaperPhases): Cell[] => {
    const three = (of: (means: PhaseMeans) => number | null, format: (value: number) => string): Cell[] =>
      PHASES.map(([phase]) => timed(of(phases[phase]), standing, format));
    const tenths = (value: number): string => formatNumber(value, 1);
    return [
      ...three(({ cpu_system }) => cpu_system, tenths),
      timed(phases.during.cpu_process, standing, tenths),
      ...three(({ memory_used }) => inMegabytes(memory_used), megabytes),
      timed(inMegabytes(phases.during.rss), standing, megabytes),
      ...(hasPower ? three(({ power }) => power, formatShort) : []),
    ];
  };
  const three = (what: string, unit: string) =>
    PHASES.map(([, name]) => numeric(`${what} ${name} (${unit})`));
  return table({
    id: 'paper-phases-table',
    title: 'Before, while timed and after',
    headers: 2,
    caption:
      'Means over the samples of all valid seeds; the memory of the process is its highest. The process lives while it measures only.',
    columns: [
      { header: 'File' },
      { header: 'Device' },
      ...three('CPU of the system', '%'),
      numeric('CPU of the process while timed (% of all cores)'),
      ...three('Memory of the system', 'MB'),
      numeric('Memory of the process while timed (MB)'),
      ...(hasPower ? three('Power', 'W') : []),
    ],
    rows: rows.map(({ phases, result }) => ({
      cells: [fileName(result), result.device, ...cells(phases)],
    })),
  });
}

/** Figure 4: a comparison of means; the curves are in a section of their own. */
export function phasesView(report: PaperReport): Html {
  const measured = namedRows(report).filter(({ own }) => own.standing === 'measured');
  const charts = [...groupBy(measured, ({ result }) => result.device)].flatMap(([device, rows], index) =>
    MEASURES.flatMap(({ id, title, label, of }) => {
      const bars = rows.flatMap(({ own, result }): Bar[] => {
        const phases = report.paper.phases.find(({ row }) => row === own.row);
        if (phases === undefined) return [];
        return PHASES.map(([phase, name], style) => ({
          name,
          group: fileName(result),
          value: of(phases[phase]),
          style,
        }));
      });
      if (bars.every(({ value }) => value === null)) return [];
      return [
        barChart({
          id: `paper-phases-${index + 1}-${id}`,
          title: `${title} on ${device}`,
          description: inWords(bars),
          caption: `${label} on ${device} before inferences are timed, while they are and after: means over the samples of valid seeds.`,
          value: { label, minimum: 0 },
          bars,
        }),
      ];
    }),
  );
  return html`<p>The curves of this study are in <a href="#telemetry">Processor and memory over time</a>; the paper prints no numbers with its figure.</p>
${charts.length > 0 && figureGrid(charts)}${report.paper.phases.length > 0 && folded('Before, while timed and after, in numbers', phaseTable(report))}`;
}
