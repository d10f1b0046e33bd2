import { ABSENT, formatNumber, formatSigned } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { Answer, ReportModel } from '../model/report.js';
import { numeric } from './cells.js';
import { flagsText } from './flags.js';
import { conditionColumns } from './results.js';

const times = (ratio: number | null): string => (ratio === null ? ABSENT : `${formatNumber(ratio, 2)} ×`);

function choiceTable(answer: Answer, index: number, model: ReportModel): Html | null {
  const { results, alternatives } = model;
  const choice = results.find(({ id }) => id === answer.row);
  if (choice === undefined) return null;
  const own = alternatives.filter(({ choice: chosen }) => chosen === choice.id);
  const conditions = conditionColumns(results).map(({ of }) => of(choice));
  const where = [
    `${choice.device}${choice.conditions.emulated ? ' (emulated: timing means nothing)' : ''}`,
    ...conditions,
  ].join('; ');
  const chosen = `${modelName(choice.model, choice.variant)} at ${choice.precision}`;
  if (own.length === 0)
    return html`<p>On ${where}: ${chosen}. Nothing else was measured under these conditions.</p>`;
  return table({
    id: `choice-${index + 1}`,
    headers: 2,
    caption: html`On <strong>${where}</strong> in place of <strong>${chosen}</strong>. Ratios are of the alternative to the choice: above 1 it takes more.`,
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Flags' },
      numeric('Macro-F1 difference'),
      numeric('Accuracy difference'),
      numeric('Median latency'),
      numeric('Energy'),
      numeric('Peak RSS'),
      numeric('Size'),
    ],
    rows: own.flatMap((one) => {
      const row = results.find(({ id }) => id === one.row);
      if (row === undefined) return [];
      return [
        {
          cells: [
            modelName(row.model, row.variant),
            row.precision,
            flagsText(row.id, model),
            formatSigned(one.macro_f1_difference, 3),
            formatSigned(one.accuracy_difference, 3),
            one.is_invalid ? 'INVALID' : times(one.latency_ratio),
            times(one.energy_ratio),
            times(one.memory_ratio),
            times(one.size_ratio),
          ],
        },
      ];
    }),
  });
}

/** What each other file would cost in place of the one named first, and how to ask with limits of one's own. */
export function choiceView(model: ReportModel): Html {
  if (model.answers.length === 0) return html`<p class="absent">No choice was made.</p>`;
  return html`<p>The choice keeps no limit but its rule: of the files within ${model.answers[0]?.tolerance} macro-F1 of the best the fastest, and the smallest where timing does not count. With limits of your own, on all devices of this report together and by the 90th percentile of latency, ask <code>npx pipeline report --recommend --max-latency 200ms --max-memory 300MB --min-f1 0.6</code>; any of them may be left out.</p>
${model.answers.map((answer, index) => choiceTable(answer, index, model))}`;
}
