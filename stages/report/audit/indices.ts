import type { Finding } from '../../../pipeline/contract/audit.js';
import { hasConstantWork } from './constants.js';
import { finding, show } from './finding.js';
import { directions, evaluate, type Formula, parseFormula } from './formula.js';
import type { Equation, Study } from './study.js';
import { symbolsOf } from './symbols.js';

type Kind = 'cost' | 'benefit' | 'volt' | 'ampere' | 'volt-per-ampere' | 'ohm';

/** What names in formulas stand for, by the words that papers use. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(energy|power|time|t$|latency|cpu|mem|memory|ram|size|bits|q$)/i, 'cost'],
  [/^(flops|ops|throughput|accuracy|acc$|f_score|f-score|f1|f$|inferences)/i, 'benefit'],
  [/^(sensitivity|gain|slope|mv_per_a|v_per_a)/i, 'volt-per-ampere'],
  [/^(r$|r_|resistance|shunt)/i, 'ohm'],
  [/^(v$|v_|volt)/i, 'volt'],
  [/^(i$|i_|current|amp)/i, 'ampere'],
];

const kindOf = (name: string): Kind | undefined => KINDS.find(([pattern]) => pattern.test(name))?.[1];

/** Formulas whose direction or unit cannot be right. */
export function indices(study: Study): Finding[] {
  return study.equations.flatMap((equation) => {
    const formula = parseFormula(equation.text);
    if (formula === null) return [];
    return [
      ...noDirection(equation, formula, study),
      ...timeTwice(equation, formula, study),
      ...noAmpere(equation, formula),
    ];
  });
}

/** Formulas of which nothing can be said. */
export function unreadFormulas({ equations }: Study): string[] {
  return equations.flatMap(({ name, text }) => {
    const formula = parseFormula(text);
    if (formula === null) return [`equations.${name}: "${text}" was not understood.`];
    const unknown = [...directions(formula).keys()].filter((symbol) => kindOf(symbol) === undefined);
    return unknown.length === 0 ? [] : [`equations.${name}: nothing is known of ${unknown.join(', ')}.`];
  });
}

/** An index that rises with one cost and falls with another is neither better when high nor when low. */
function noDirection({ name, text }: Equation, formula: Formula, study: Study): Finding[] {
  const ways = [...directions(formula)].flatMap(([symbol, signs]) => {
    const kind = kindOf(symbol);
    if (kind !== 'cost' && kind !== 'benefit') return [];
    return [...signs].map((sign) => ({ symbol, sign, better: kind === 'benefit' ? sign : -sign }));
  });
  const worse = ways.filter(({ better }) => better === -1).map(({ symbol }) => symbol);
  const better = ways.filter(({ better: way }) => way === 1).map(({ symbol }) => symbol);
  if (worse.length === 0 || better.length === 0) return [];
  return [
    finding({
      rule: 'index-direction',
      table: 'equations',
      of: name,
      column: name,
      stated: [text, ''],
      recomputed: [`worse when ${worse.join(', ')} is better`, ''],
      confidence: 'certain',
      what: `${name} has no direction: as ${worse.join(', ')} gets better it falls, as ${better.join(', ')} gets better it rises.`,
      why: `Of two rows that differ in one of these alone, it calls the worse one better for one of the two kinds.${evidence(name, formula, study)}`,
      settle: `An index with all costs on one side, for example 1 / (${[...worse, ...better].join(' * ')}), with its unit.`,
    }),
  ];
}

/** Where the table itself shows it: the index ranks rows of a board as their energy does. */
function evidence(name: string, formula: Formula, { measurements }: Study): string {
  const rows = measurements.flatMap((row) => {
    const value = evaluate(formula, (name) => symbolsOf(row)(name)?.value);
    const energy = symbolsOf(row)('Energy_tot')?.value;
    return value === undefined || energy === undefined ? [] : [{ row, value, energy }];
  });
  const boards = [...new Set(rows.map(({ row }) => row.board))];
  const ranked = boards.filter((board) => {
    const own = rows.filter(({ row }) => row.board === board);
    const first = (pick: (one: (typeof own)[number]) => number) =>
      [...own].sort((a, b) => pick(b) - pick(a))[0]?.row.row;
    return own.length > 1 && first(({ value }) => value) === first(({ energy }) => energy);
  });
  const [top] = [...rows].sort((a, b) => b.value - a.value);
  if (top === undefined || ranked.length === 0) return '';
  return ` On ${ranked.length} of ${boards.length} boards the row with the highest ${name} is the one that used the most energy; the highest of all, ${show(top.value)}, is ${top.row.row}.`;
}

/** Where the speed column is a constant over the time, an index that divides it by the time divides by its square. */
function timeTwice({ name, text }: Equation, formula: Formula, study: Study): Finding[] {
  const ways = directions(formula);
  const has = (pattern: RegExp, sign: 1 | -1): boolean =>
    [...ways].some(([symbol, signs]) => pattern.test(symbol) && signs.has(sign));
  if (!has(/^flops/i, 1) || !has(/^(t$|time|latency)/i, -1) || !hasConstantWork(study)) return [];
  return [
    finding({
      rule: 'index-counts-time-twice',
      table: 'equations',
      of: name,
      column: name,
      stated: [text, ''],
      recomputed: ['a constant over the square of the time', ''],
      confidence: 'likely',
      what: `${name} counts the time twice: FLOPS is itself a constant over the time in this table.`,
      why: 'A board that is twice as fast gets four times the index. With the time of the whole test set it also changes with the size of that set.',
      settle: 'The time of one inference alone, or operations that were counted while it ran.',
    }),
  ];
}

/** A current needs something in amperes, or volts over volts per ampere. */
function noAmpere({ name, text }: Equation, formula: Formula): Finding[] {
  const symbols = [...directions(formula).keys()];
  const kinds = symbols.map(kindOf);
  const isCurrent = kindOf(name) === 'ampere';
  const canBe = kinds.some((kind) => kind === 'ampere' || kind === 'volt-per-ampere' || kind === 'ohm');
  if (!isCurrent || canBe || !kinds.every((kind) => kind === 'volt')) return [];
  return [
    finding({
      rule: 'equation-unit',
      table: 'equations',
      of: name,
      column: name,
      stated: [text, 'A'],
      recomputed: [`${symbols.join(', ')} alone`, 'V'],
      confidence: 'certain',
      what: `${name} is made of ${symbols.join(' and ')} and numbers: that is a voltage, and no current.`,
      why: "A Hall sensor's voltage becomes a current by its zero and by its sensitivity in volts an ampere; neither is in the formula.",
      settle: 'The code that made currents of the readings, and the type of the sensor.',
    }),
  ];
}
