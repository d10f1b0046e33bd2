import { ABSENT } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { folded, table } from '../../../pipeline/report/table.js';
import type { PaperView } from '../model/paper.js';
import type { ReportModel } from '../model/report.js';
import { numeric, value } from './cells.js';
import { indexFigures, speedFigures } from './paper-bars.js';
import { phasesView } from './paper-phases.js';
import {
  fileName,
  leftOut,
  namedRows,
  type PaperReport,
  publishedFile,
  short,
  timed,
  tweetsText,
} from './paper-rows.js';
import { sizesView } from './paper-sizes.js';
import { spidersView } from './paper-spiders.js';
import { lengthView, measurementsView, scoresView } from './paper-tables.js';

const INDEX_COLUMNS = [
  numeric('SI (FLOP/(bit s²))'),
  numeric('MPI (1/kW)'),
  numeric('RER (kW s)'),
  numeric('Inferences/s'),
  numeric('Board s'),
  numeric('Memory GB'),
  numeric('Right answers/J'),
  numeric('Inferences/(J s GB)'),
];

function indexCells({
  paper_v1,
  corrected,
}: PaperView['own'][number] | PaperView['published'][number]): (number | null)[] {
  return [
    paper_v1.si,
    paper_v1.mpi,
    paper_v1.rer,
    corrected.inferences_per_s,
    corrected.board_s,
    corrected.memory_gb,
    corrected.right_answers_per_j,
    corrected.inferences_per_j_s_gb,
  ];
}

function indexTable(report: PaperReport): Html {
  const { paper } = report;
  return table({
    id: 'paper-table',
    title: 'SI, MPI and RER',
    headers: 2,
    caption: html`The indices as published, and to their right what gives the same ideas a unit and a direction. Published rows are grey and of ${tweetsText(report)}.`,
    columns: [{ header: 'File' }, { header: 'Device' }, ...INDEX_COLUMNS, { header: 'Not known here' }],
    rows: [
      ...paper.published.map((row) => ({
        kind: 'baseline' as const,
        cells: [publishedFile(row), row.device, ...indexCells(row).map((raw) => value(raw, short)), ABSENT],
      })),
      ...namedRows(report).map(({ own, result }) => ({
        cells: [
          fileName(result),
          result.device,
          ...indexCells(own).map((raw) =>
            own.standing === 'measured' ? value(raw, short) : timed(raw, own.standing),
          ),
          own.missing.length === 0 ? ABSENT : own.missing.join(', '),
        ],
      })),
    ],
  });
}

/** Null where the report holds no published table. */
export function paperView(model: ReportModel): Html | null {
  const { paper } = model;
  if (paper === null) return null;
  const report = { model, paper };
  const rest = leftOut(namedRows(report));
  const definitions = paper.indices.map(
    ({ index, definition, unit, misleads, instead }) =>
      html`<li><strong>${index} = ${definition}</strong> (${unit}). ${misleads} Instead: ${instead}.</li>`,
  );
  return html`<p>The tables and figures of ${paper.source}, as printed, and the same of this study. Published numbers are of ${tweetsText(report)}, of another model file and of other boards: they stand here to be looked up, and no choice of this report knows them. <code>npx pipeline audit</code> says what in them cannot be right, how sure that is and why.</p>
<h3>Table III: accuracy and F</h3>
${scoresView(report)}
<h3>Table IV: what each row took</h3>
${measurementsView(report)}
${lengthView(report)}${rest !== '' && html`<p>Not in the figures below: ${rest}</p>`}
<h3>Figure 4: processor, memory and power over time</h3>
${phasesView(report)}
<h3>Figure 5: FLOPS</h3>
${speedFigures(report)}
<h3>Figure 6: all attributes at a glance</h3>
${spidersView(report)}
<h3>Figure 7: SI, MPI and RER as published: not recommended</h3>
<ul>${definitions}</ul>
${indexFigures(report)}${folded('The indices in numbers, and those beside them that have a unit and a direction', indexTable(report))}
<h3>Sizes and compression</h3>
${sizesView(paper.sizes)}`;
}
