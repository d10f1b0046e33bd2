import type { Candidate, Recommendation } from '../contract/recommendation.js';
import { tableLines } from './table.js';
import { oneLine, wrap } from './text.js';

const HEADER = ['File', 'Device', 'Macro-F1', 'Latency', 'Memory', 'Size'];

/** A choice for people: what to ship, then what every other file would cost. */
export function recommendationLines(choice: Recommendation, width: number): string[] {
  const { recommended, alternatives, not_considered, tolerance } = choice;
  const said =
    recommended === null
      ? 'nothing keeps these constraints'
      : `${recommended.model} ${recommended.precision} on ${recommended.device}: of those that keep the constraints the fastest within ${tolerance} macro-F1 of the best`;
  const all = [...(recommended === null ? [] : [recommended]), ...alternatives];
  return [
    ...wrap(oneLine(said), width, '  '),
    '',
    ...tableLines([HEADER, ...all.map(cells)], width),
    '',
    // Lines and not a column: in a narrow terminal the reasons would be cut first.
    ...alternatives.flatMap((one) =>
      wrap(oneLine(`${fileOf(one)} on ${one.device}: ${placeText(one)}`), width, '  '),
    ),
    ...(all.some(({ latency_is }) => latency_is === 'p90')
      ? ['', 'Latency is the 90th percentile, where there are 64 inferences.']
      : []),
    ...not_considered.flatMap(({ name, why }) =>
      wrap(oneLine(`not considered: ${name}: ${why}`), width, '  '),
    ),
  ];
}

function cells(one: Candidate): string[] {
  return [
    fileOf(one),
    one.device,
    one.macro_f1.toFixed(3),
    one.latency_ms === null ? '–' : `${one.latency_ms.toFixed(2)} ms`,
    `${(one.peak_rss_bytes / 1e6).toFixed(0)} MB`,
    `${(one.model_bytes / 1e6).toFixed(1)} MB`,
  ];
}

const fileOf = ({ model, precision }: Candidate): string => `${model} ${precision}`;

/** Of an alternative: what it does not keep, else what it costs. */
function placeText({ misses, costs }: Candidate): string {
  if (misses.length > 0 || costs === null) return misses.join('; ');
  const difference = costs.macro_f1_difference;
  return [
    `macro-F1 ${difference < 0 ? '' : '+'}${difference.toFixed(3)}`,
    ...(costs.latency_ratio === null ? [] : [`${costs.latency_ratio.toFixed(2)} times the latency`]),
    `${costs.size_ratio.toFixed(2)} times the size`,
  ].join(', ');
}
