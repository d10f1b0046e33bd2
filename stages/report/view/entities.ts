import { counted, formatNumber, listed } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { cell, folded, table } from '../../../pipeline/report/table.js';
import { inspectionName } from '../build/inspection-name.js';
import type { EntityResult, Inspection } from '../model/inspection.js';
import type { ReportModel } from '../model/report.js';
import { intervalCell, intervalColumn, numeric, score, spreadCell, spreadColumn } from './cells.js';

/** A study has some sixty entities; what is beyond is in report.json. */
const SHOWN_ENTITIES = 100;

function cellsOf(result: EntityResult, withMissing: boolean) {
  const { entity, name, n_tweets, accuracy, accuracy_interval, macro_f1, missing_labels } = result;
  return [
    cell(
      name === null ? html`<code>${entity}</code>` : html`${name} <span class="sd">${entity}</span>`,
      entity,
      name,
    ),
    formatNumber(n_tweets),
    spreadCell(accuracy, score),
    intervalCell(accuracy_interval, score),
    spreadCell(macro_f1, score),
    ...(withMissing ? [missing_labels.length === 0 ? 'all' : `no ${listed(missing_labels)}`] : []),
  ];
}

function tableOf(inspection: Inspection, entities: readonly EntityResult[]): Html {
  const { id, n_seeds } = inspection;
  const withMissing = entities.some(({ missing_labels }) => missing_labels.length > 0);
  const more = entities.length - SHOWN_ENTITIES;
  return table({
    id: `${id}-entities`,
    title: `${inspectionName(inspection)} by entity`,
    caption: html`Scores by entity, mean ± sample standard deviation over ${counted(n_seeds, 'seed')}, most tweets first. The interval is Wilson's (95 %) of the mean accuracy for so many tweets. Macro-F1 is given where the entity has tweets of every class.${more > 0 && ` ${counted(more, 'entity with fewer tweets is', 'entities with fewer tweets are')} in report.json only.`}`,
    columns: [
      { header: 'Entity', data: ['Entity', 'Name'] },
      numeric('Tweets'),
      spreadColumn('Accuracy'),
      intervalColumn('Interval', 'Accuracy 95 % interval'),
      spreadColumn('Macro-F1'),
      ...(withMissing ? [{ header: 'Classes' }] : []),
    ],
    rows: entities.slice(0, SHOWN_ENTITIES).map((entity) => ({ cells: cellsOf(entity, withMissing) })),
  });
}

/** The lowest and the highest accuracy, in words. */
function rangeOf(entities: readonly EntityResult[]): string {
  const byAccuracy = [...entities].sort((a, b) => a.accuracy.mean - b.accuracy.mean);
  const [lowest, highest] = [byAccuracy[0], byAccuracy.at(-1)];
  if (lowest === undefined || highest === undefined) return '';
  return `accuracy ${score(lowest.accuracy.mean)} (${lowest.name ?? lowest.entity}) to ${score(highest.accuracy.mean)} (${highest.name ?? highest.entity})`;
}

/** Beside the accuracy over all tweets, in which entities with many tweets count more. */
function officialText({
  official_accuracy,
  official_accuracy_with_missing: with_missing,
  accuracy,
}: Inspection): string {
  if (official_accuracy === null) return '';
  const missing =
    with_missing === null
      ? ''
      : `, and ${score(with_missing.mean)} where ${counted(with_missing.missing, 'tweet')} without a text count as wrong`;
  return `; official RepLab accuracy ${score(official_accuracy.mean)}${missing}; over all tweets ${score(accuracy.mean)}`;
}

export function entitiesView({ inspections }: ReportModel): Html {
  const known = inspections.flatMap((inspection) =>
    inspection.entities === null ? [] : [{ inspection, entities: inspection.entities }],
  );
  if (known.length === 0) {
    return html`<p class="absent">No answers to single tweets among the inputs of this report.</p>`;
  }
  return html`${known.map(({ inspection, entities }) =>
    folded(
      `${inspectionName(inspection)}: ${counted(entities.length, 'entity', 'entities')}, ${rangeOf(entities)}${officialText(inspection)}`,
      tableOf(inspection, entities),
    ),
  )}`;
}
