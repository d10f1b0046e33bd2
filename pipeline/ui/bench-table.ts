import type { BenchMeasure } from '../contract/bench.js';
import { figure } from './format.js';
import { tableLines } from './table.js';

/** The measures of a bench as a table, with what the project promises and whether it is kept. */
export function benchTable(measures: readonly BenchMeasure[], width: number): readonly string[] {
  return tableLines(
    [
      ['measure', 'median', 'range', 'promised', 'others'],
      ...measures.map((measure) => [
        measure.measure,
        shown(measure.value, measure.unit),
        `${figure(measure.min)} to ${figure(measure.max)}, n = ${measure.n}`,
        promise(measure),
        Object.entries(measure.peers)
          .map(([name, value]) => `${name}: ${shown(value, measure.unit)}`)
          .join(', '),
      ]),
    ],
    width,
  );
}

function shown(value: number, unit: BenchMeasure['unit']): string {
  return unit === 'ratio' ? figure(value) : `${figure(value)} ${unit}`;
}

function promise({ limit, value, unit }: BenchMeasure): string {
  if (limit === undefined) return '';
  const kept = limit.kind === 'at-most' ? value <= limit.value : value >= limit.value;
  const words = limit.kind === 'at-most' ? 'at most' : 'at least';
  return `${words} ${shown(limit.value, unit)}: ${kept ? 'kept' : 'not kept'}`;
}
