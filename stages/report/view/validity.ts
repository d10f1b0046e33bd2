import { ABSENT, formatShort } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { folded, type Row, table } from '../../../pipeline/report/table.js';
import { rowName } from '../build/notices.js';
import type { ReportModel } from '../model/report.js';
import type { Validity } from '../model/validity.js';
import { seedText } from './cells.js';
import { recordLink } from './record-link.js';

const WORDS = {
  valid: 'valid',
  invalid: 'INVALID',
  'not-timed': 'not timed',
  'not-recorded': 'judged by no gate',
} as const;

/** When it happened and what was read, sample by sample. */
function samplesText(samples: Validity['gates'][number]['samples']): string {
  if (samples.length === 0) return ABSENT;
  return samples.map(({ t_s, value }) => `${formatShort(value)} at ${t_s.toFixed(1)} s`).join(', ');
}

function gateTable(
  id: string,
  isShown: (gate: Validity['gates'][number]) => boolean,
  { results, validity }: ReportModel,
): Html {
  const rows: Row[] = validity.flatMap(({ row, seed, instance, gates }) => {
    const known = results.find((one) => one.id === row);
    const name = known === undefined ? instance : rowName(known);
    return gates.filter(isShown).map((gate) => ({
      cells: [
        name,
        recordLink(instance, seedText(seed)),
        gate.gate,
        gate.verdict === 'failed' ? 'FAILED' : gate.verdict.replace('-', ' '),
        gate.message,
        samplesText(gate.samples),
      ],
    }));
  });
  return table({
    id,
    title: id === 'failed-table' ? 'Failed gates' : 'All gates',
    headers: 3,
    caption: `${id === 'failed-table' ? 'Gates that failed. ' : ''}What was looked at while inferences were timed. One failed gate makes the evaluation INVALID: its timing is in no comparison, its answers stand. power-samples concerns its energy alone. Seconds are those of the telemetry below.`,
    columns: [
      { header: 'Row' },
      { header: 'Seed' },
      { header: 'Gate' },
      { header: 'Verdict' },
      { header: 'What was seen' },
      { header: 'Samples that show it' },
    ],
    rows,
  });
}

export function validityView(model: ReportModel): Html {
  if (model.validity.length === 0) return html`<p class="absent">No evaluation in this run.</p>`;
  const of = (verdict: Validity['verdict']) => model.validity.filter((one) => one.verdict === verdict);
  const counts = (['valid', 'invalid', 'not-timed', 'not-recorded'] as const)
    .map((verdict) => [WORDS[verdict], of(verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`);
  const gates = model.validity.flatMap((one) => one.gates);
  const hasFailed = gates.some(({ verdict }) => verdict === 'failed');
  return html`<p>Evaluations: ${counts.join(', ')}.</p>
${hasFailed && gateTable('failed-table', ({ verdict }) => verdict === 'failed', model)}
${
  gates.some(({ verdict }) => verdict !== 'failed') &&
  folded(
    'All gates',
    gateTable('gate-table', () => true, model),
  )
}`;
}
