import type { ComparedFigure, Comparison, FigureName } from '../../../../../pipeline/contract/comparison.js';
import { compareReports } from '../../../../../stages/report/compare/compare.js';
import type { ExcerptRow, ReportExcerpt } from '../../../../../stages/report/compare/schema.js';
import { excerpt, excerptRow } from './made-up.js';

const MATRIX = [
  [80, 10, 10],
  [10, 80, 10],
  [10, 10, 80],
];

/** Confusion matrices of 300 tweets whose accuracies are those. */
const matricesFor = (accuracies: readonly number[]): number[][][] =>
  accuracies.map((accuracy) => {
    const wrong = Math.round((100 * (1 - accuracy)) / 2);
    return MATRIX.map((row, i) => row.map((_, j) => (i === j ? 100 - 2 * wrong : wrong)));
  });

export interface Given {
  readonly accuracies?: readonly number[];
  /** Milliseconds, of each seed. */
  readonly medians?: readonly number[];
  readonly windows?: number;
  readonly run?: string;
  readonly model?: string;
}

export function row({
  accuracies = [0.8, 0.82, 0.78],
  medians = [20, 20.4, 19.6],
  ...rest
}: Given = {}): ExcerptRow {
  const { windows = 3, run = 'A', model = 'minilm-l6' } = rest;
  const seeds = accuracies.map((_, index) => index + 1);
  return excerptRow({
    ...{ model, precision: 'int8', seeds, run },
    matrices: matricesFor(accuracies),
    medians: medians
      .slice(0, seeds.length)
      .map((median) => Array.from({ length: windows }, (_, at) => median * (1 + 0.001 * at))),
    memory: seeds.map((seed) => 80e6 + 1e5 * seed),
  });
}

export function compared(before: ReportExcerpt, after: ReportExcerpt): Comparison {
  return compareReports(
    { given: 'last~1', run: '20260101T000000-aaaa', report: before },
    { given: 'last', run: '20260102T000000-bbbb', report: after },
  );
}

export const rows = (before: readonly ExcerptRow[], after: readonly ExcerptRow[]): Comparison =>
  compared(excerpt(before), excerpt(after));

export function figureOf({ rows: [first] }: Comparison, name: FigureName): ComparedFigure {
  const found = first?.figures.find((figure) => figure.name === name);
  if (found === undefined) throw new Error(`no figure ${name}`);
  return found;
}
