import type { ComparedFigure, FigureName, Judgement } from '../../../pipeline/contract/comparison.js';
import { knownOf } from '../statistics/descriptive.js';
import type { Tested } from './noise.js';

/** A figure before all p values of the comparison are known. */
export interface Draft {
  readonly figure: Omit<ComparedFigure, 'p' | 'judgement'>;
  /** Not corrected; null where no test decides. */
  readonly p: number | null;
  readonly isUnexplained: boolean;
  /** Whether the change is one for the better; of no change it is not asked. */
  readonly isBetter: boolean;
  /** Where no test decides. */
  readonly settled: Judgement | null;
}

const UNITS: Readonly<Record<FigureName, ComparedFigure['unit']>> = {
  accuracy: '',
  macro_f1: '',
  latency: 'ms',
  memory: 'bytes',
  energy: 'J',
  size: 'bytes',
  operations: '',
};

export interface Values {
  readonly name: FigureName;
  readonly before: number;
  readonly after: number;
  readonly u_k2?: readonly [number, number];
}

const isScore = (name: FigureName): boolean => name === 'accuracy' || name === 'macro_f1';

function figureOf(
  { name, before, after, u_k2 }: Values,
  change: number,
  interval: Tested['interval'] | null,
  how: string,
): Draft['figure'] {
  return {
    name,
    unit: UNITS[name],
    before: knownOf(before),
    after: knownOf(after),
    u_k2: u_k2 ?? null,
    change: knownOf(change),
    change_is: isScore(name) ? 'difference' : 'ratio',
    interval,
    how,
  };
}

const changeOf = ({ name, before, after }: Values): number =>
  isScore(name) ? after - before : after / before;

/** Decided without a test. */
export function settledAs(settled: Judgement, values: Values, how: string): Draft {
  const figure = figureOf(values, changeOf(values), null, how);
  return { figure, p: null, isUnexplained: false, isBetter: false, settled };
}

/** There may be a figure on either side; comparing them would mean nothing, so that there is no change. */
export function notComparable(values: Values, why: string): Draft {
  const draft = settledAs('not comparable', values, why);
  return { ...draft, figure: { ...draft.figure, change: null } };
}

const NO_SCATTER = 'how far it scatters is no number';
const isSound = ({ p, interval }: Tested): boolean => [p, ...interval].every(Number.isFinite);

/** Of a score, whose change is a difference: more is better. */
export function testedDifference(values: Values, difference: number, tested: Tested, how: string): Draft {
  if (!isSound(tested)) return settledAs('cannot be told', values, NO_SCATTER);
  const { p, isUnexplained, interval } = tested;
  const figure = figureOf(values, difference, interval, how);
  return { figure, p, isUnexplained, isBetter: difference > 0, settled: null };
}

/** Of what costs, whose change is a ratio: less is better. @param tested of the difference of logarithms */
export function testedRatio(values: Values, logarithm: number, tested: Tested, how: string): Draft {
  if (!isSound(tested)) return settledAs('cannot be told', values, NO_SCATTER);
  const { p, isUnexplained, interval } = tested;
  const ratios = [Math.exp(interval[0]), Math.exp(interval[1])] as const;
  const figure = figureOf(values, Math.exp(logarithm), ratios, how);
  return { figure, p, isUnexplained, isBetter: logarithm < 0, settled: null };
}

/** Figures without scatter that differ by less count as equal: a version number in a file's metadata is no news. */
const EXACT_MARGIN = 0.001;

/** Of sizes and counts, which come out the same each time. */
export function exactFigure(values: Values, isSameContent: boolean): Draft {
  const { before, after } = values;
  const settle = (settled: Judgement, how: string): Draft => settledAs(settled, values, how);
  if (isSameContent && before === after) return settle('same bytes', 'the same files');
  if (![before, after].every(Number.isFinite)) return settle('cannot be told', 'not known');
  if (before === after) return settle('within noise', 'equal');
  if (Math.abs(after / before - 1) < EXACT_MARGIN)
    return settle('within noise', `exact; less than ${EXACT_MARGIN * 100} %`);
  return settle(after < before ? 'better' : 'worse', 'exact');
}

/** A figure that is no number any more is a loss that no test can weigh. */
export function missingNumber(values: Values): Draft | null {
  const [hadOne, hasOne] = [values.before, values.after].map(Number.isFinite);
  if (hadOne && hasOne) return null;
  return hadOne
    ? settledAs('worse', values, 'it is no number any more')
    : settledAs('cannot be told', values, 'it was no number before');
}

export function judgementOf(draft: Draft, p: number | null, level: number): Judgement {
  if (draft.settled !== null || p === null) return draft.settled ?? 'cannot be told';
  if (p < level) return draft.isBetter ? 'better' : 'worse';
  return draft.isUnexplained ? 'cannot be told' : 'within noise';
}
