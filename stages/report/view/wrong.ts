import { ABSENT, counted, formatNumber, formatPercent } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { folded, table } from '../../../pipeline/report/table.js';
import { inspectionName } from '../build/inspection-name.js';
import type { Inspection, WrongTweets } from '../model/inspection.js';
import type { ReportModel } from '../model/report.js';
import { numeric, value } from './cells.js';

function tableOf(inspection: Inspection, { shown, total }: WrongTweets, names: NameOf): Html {
  const { id, n_seeds } = inspection;
  const withTexts = shown.some(({ text }) => text !== null);
  const withSeeds = n_seeds > 1;
  return table({
    id: `${id}-wrong`,
    title: `${inspectionName(inspection)}: wrong answers`,
    caption: `The ${formatNumber(shown.length)} most confident of ${counted(total, 'wrong answer')}${withSeeds ? '; probabilities are means over seeds, and what they answer together counts' : ''}.`,
    columns: [
      { header: 'Tweet' },
      { header: 'Entity' },
      { header: 'Truth' },
      { header: 'Predicted' },
      numeric('Probability'),
      numeric('Of the truth', 'Probability of the truth'),
      ...(withSeeds ? [numeric('Seeds that are wrong')] : []),
      ...(withTexts ? [{ header: 'Text as the model saw it, cleaned' }] : []),
    ],
    rows: shown.map((tweet) => ({
      cells: [
        html`<code class="unbroken">${tweet.id}</code>`,
        names(tweet.entity),
        tweet.truth,
        tweet.predicted,
        value(tweet.probability, formatPercent),
        value(tweet.truth_probability, formatPercent),
        ...(withSeeds ? [value(tweet.wrong_seeds, (seeds) => `${seeds} of ${n_seeds}`)] : []),
        ...(withTexts ? [html`<span class="prose">${tweet.text ?? ABSENT}</span>`] : []),
      ],
    })),
  });
}

type NameOf = (entity: string) => string;

function namesIn({ entities }: Inspection): NameOf {
  const names = new Map(entities?.map(({ entity, name }) => [entity, name]));
  return (entity) => names.get(entity) ?? entity;
}

export function wrongView(model: ReportModel): Html {
  const known = model.inspections.flatMap((inspection) =>
    inspection.wrong === null ? [] : [{ inspection, wrong: inspection.wrong }],
  );
  if (known.length === 0) {
    return html`<p class="absent">No answers to single tweets among the inputs of this report.</p>`;
  }
  const withheld =
    model.texts === 'withheld' &&
    html`<p class="quiet">Tweets are named by their ids: real texts may not be passed on. <code>with: { texts: local }</code> of the report shows them in a report for yourself.</p>`;
  return html`<p>Where a model is sure and wrong, look first at the label: it may be the label that is wrong.</p>${withheld}${known.map(
    ({ inspection, wrong }) =>
      folded(
        `${inspectionName(inspection)}: ${counted(wrong.total, 'wrong answer')} of ${formatNumber(inspection.n_tweets)}`,
        tableOf(inspection, wrong, namesIn(inspection)),
      ),
  )}`;
}
