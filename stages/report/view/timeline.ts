import {
  counted,
  formatBytes,
  formatNumber,
  formatSeconds,
  listed,
} from '../../../pipeline/report/format.js';
import { type Html, html, trusted } from '../../../pipeline/report/html.js';
import { folded, table } from '../../../pipeline/report/table.js';
import type { TimelineEntry, TimelineRun } from '../model/provenance.js';
import type { ReportModel } from '../model/report.js';
import { numeric, value } from './cells.js';

const SHOWN_ROWS = 40;

/** Where in its run an instance ran; the numbers beside it say the same. */
function span({ start_s, wall_s }: TimelineEntry, total: number): Html {
  const percent = (seconds: number): string => (total > 0 ? (100 * seconds) / total : 0).toFixed(2);
  const width = trusted(percent(wall_s) === '0.00' ? '0.01' : percent(wall_s));
  return html`<svg class="span" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect fill="var(--s0)" x="${trusted(percent(start_s))}" y="0" width="${width}" height="10"/></svg>`;
}

function runTable({ run, started_at, wall_s, reused, instances }: TimelineRun, index: number): Html {
  const hosts = [...new Set(instances.map(({ host }) => host))];
  const elsewhere = instances.some(({ executor }) => executor !== null);
  const retried = instances.some(({ attempts }) => attempts > 1);
  const when = `${started_at.slice(0, 10)} ${started_at.slice(11, 19)} UTC`;
  return table({
    id: `timeline-table-${index + 1}`,
    title: `Run ${run}`,
    caption: html`${reused ? 'Reused from run' : 'Made by run'} <code>${run}</code> on ${listed(hosts)}, from ${when}, ${formatSeconds(wall_s)} in all.`,
    columns: [
      { header: 'Instance' },
      { header: 'When', data: [] },
      numeric('Start', 'Start (s)'),
      numeric('Time', 'Time (s)'),
      numeric('CPU time', 'CPU time (s)'),
      numeric('Peak memory', 'Peak memory (bytes)'),
      numeric('Read', 'Read (bytes)'),
      numeric('Written', 'Written (bytes)'),
      ...(elsewhere ? [{ header: 'Executor' }] : []),
      ...(retried ? [numeric('Attempts')] : []),
    ],
    rows: instances.map((one) => ({
      cells: [
        html`<code>${one.instance}</code>`,
        span(one, wall_s),
        value(one.start_s, formatSeconds),
        value(one.wall_s, formatSeconds),
        value(one.cpu_s, formatSeconds),
        value(one.peak_rss_bytes, formatBytes),
        value(one.read_bytes, formatBytes),
        value(one.written_bytes, formatBytes),
        ...(elsewhere ? [one.executor ?? 'this machine'] : []),
        ...(retried ? [formatNumber(one.attempts)] : []),
      ],
    })),
  });
}

/** When each result was made and what it took, by the run that made it. */
export function timelineView({ timeline }: Pick<ReportModel, 'timeline'>): Html {
  if (timeline.length === 0) return html`<p class="absent">How the inputs were made was not recorded.</p>`;
  const tables = timeline.map((run, index) => {
    const drawn = runTable(run, index);
    if (!run.reused && run.instances.length <= SHOWN_ROWS) return drawn;
    const what = counted(run.instances.length, 'instance');
    return folded(`${what} ${run.reused ? 'reused from' : 'of'} run ${run.run}`, drawn);
  });
  return html`<p>From the records of all that this report depends on: who made a result first, however often it was reused since. Processor time and memory are of all processes of an instance together; bytes are those of read and write calls.</p>
${tables}`;
}
