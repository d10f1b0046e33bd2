import { groupBy } from '../base/group-by.js';
import type {
  ComparedFigure,
  ComparedReport,
  ComparedRow,
  Comparison,
  FigureName,
  Judgement,
} from '../contract/comparison.js';
import { bytes, counted, figure as shortFigure } from './format.js';
import { reasonsText } from './reasons.js';
import { tableLines } from './table.js';
import { oneLine, wrap } from './text.js';

const HEADER = ['Row', 'Figure', 'Before', 'After', 'Change'];

const NAMES: Readonly<Record<FigureName, string>> = {
  accuracy: 'accuracy',
  macro_f1: 'macro-F1',
  latency: 'median latency',
  memory: 'peak memory',
  energy: 'energy',
  size: 'size',
  operations: 'multiply-adds',
};

/** With their figures, in the order in which they are worth reading. */
const SHOWN: readonly Judgement[] = ['worse', 'better', 'cannot be told'];
/** Said why, without figures, which would be compared all the same. */
const EXPLAINED: readonly Judgement[] = [...SHOWN, 'not comparable'];
const COUNTED: readonly Judgement[] = [...EXPLAINED, 'within noise', 'same bytes'];

/** A comparison for people: what is worse first, then why, and at the end what else is not the same. */
export function comparisonLines(comparison: Comparison, width: number): string[] {
  const { before, after, rows, stages, differences, notices } = comparison;
  const say = (text: string, indent = '  '): string[] => wrap(oneLine(text), width, indent);
  const all = rows.flatMap((row) => row.figures.map((figure) => ({ row, figure })));
  const of = (judgement: Judgement): readonly Shown[] =>
    all.filter(({ figure }) => figure.judgement === judgement);
  const item = (text: string): string[] => wrap(`  ${oneLine(text)}`, width, '    ');
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines];
  return [
    ...say(`${reportText(before)} -> ${reportText(after)}: ${verdictText(comparison)}`),
    ...SHOWN.flatMap((judgement) =>
      part(
        `${judgement.charAt(0).toUpperCase()}${judgement.slice(1)}`,
        tableLines([HEADER, ...of(judgement).map(cells)], width),
      ),
    ),
    ...part('How it was judged', howLines(EXPLAINED.flatMap(of), item)),
    ...part('Other conditions', rows.flatMap((row) => conditionTexts(row)).flatMap(item)),
    ...part(
      'Only in one of them',
      [
        ...comparison.only_before.map((name) => `${name}: only before`),
        ...comparison.only_after.map((name) => `${name}: only after`),
      ].flatMap(item),
    ),
    ...part(
      'What may explain it, the first stage first',
      stages.flatMap((stage) => item(stageText(stage))),
    ),
    ...part(
      'Study, versions and devices',
      differences.flatMap((one) => item(`${one.what}: ${one.before} -> ${one.after}`)),
    ),
    ...part('Notices that are new', notices.only_after.flatMap(item)),
    ...part('Notices that are gone', notices.only_before.flatMap(item)),
  ];
}

function reportText({ given, run }: ComparedReport): string {
  return run === null || run === given ? given : `${given} (${run})`;
}

function verdictText({ rows, judged, counts }: Comparison): string {
  if (rows.length === 0) return 'they have no row in common, so that nothing was compared';
  if (judged === 0) return 'nothing could be judged';
  const parts = COUNTED.filter((judgement) => counts[judgement] > 0).map(
    (judgement) => `${counts[judgement]} ${judgement}`,
  );
  return `${counted(rows.length, 'row')}, of their figures ${parts.join(', ')}`;
}

function cells({ row, figure }: Shown): string[] {
  const { name, before, after } = figure;
  return [
    row.name,
    NAMES[name],
    valueText(figure, before, 0),
    valueText(figure, after, 1),
    changeText(figure),
  ];
}

function valueText({ name, unit, u_k2 }: ComparedFigure, value: number | null, side: 0 | 1): string {
  if (value === null) return '–';
  switch (unit) {
    case 'ms':
      return `${value.toFixed(2)} ms`;
    case 'bytes':
      return name === 'size' ? shortFigure(value) : bytes(value);
    case 'J':
      return `${value.toPrecision(3)} J${u_k2 === null ? '' : ` ± ${u_k2[side].toPrecision(2)}`}`;
    default:
      return name === 'operations' ? shortFigure(value) : value.toFixed(4);
  }
}

/** `-0.0120 [-0.0201, -0.0040]`, `1.25 times [1.10, 1.42]`. */
function changeText({ change, change_is, interval }: ComparedFigure): string {
  if (change === null) return '–';
  const text = (value: number): string =>
    change_is === 'ratio' ? value.toFixed(3) : `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
  const ends = interval === null ? '' : ` [${text(interval[0])}, ${text(interval[1])}]`;
  return `${text(change)}${change_is === 'ratio' ? ' times' : ''}${ends}`;
}

interface Shown {
  readonly row: ComparedRow;
  readonly figure: ComparedFigure;
}

const ROWS_NAMED = 3;

/** Equal words once, with what they are about. */
function howLines(shown: readonly Shown[], item: (text: string) => string[]): string[] {
  const groups = groupBy(shown, ({ figure }) => `${figure.judgement}\n${figure.name}\n${figure.how}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { name, judgement, how } = first.figure;
    const names = group.slice(0, ROWS_NAMED).map(({ row }) => row.name);
    const more = group.length - names.length;
    const of = more > 0 ? [...names, `${more} more`] : names;
    return item(`${NAMES[name]} of ${of.join('; ')}: ${judgement}: ${how}${pText(group)}`);
  });
}

function pText(group: readonly Shown[]): string {
  const known = group.flatMap(({ figure: { p } }) => (p === null ? [] : [p]));
  if (known.length === 0) return '';
  const highest = Math.max(...known);
  if (highest < 0.001) return ' (p below 0.001)';
  return ` (p ${known.length === 1 ? '' : 'at most '}${highest.toFixed(3)})`;
}

function conditionTexts({ name, differing }: ComparedRow): string[] {
  return differing.map(({ what, before, after }) => `${name}: ${what} ${before} -> ${after}`);
}

function stageText(stage: Comparison['stages'][number]): string {
  const { stage: name, instances, other_keys, other_outputs, example, why } = stage;
  const made = other_outputs === 0 ? ', but the same outputs' : `, ${other_outputs} of them other outputs`;
  const reasons = why.length === 0 ? '' : `; ${example.instance}: ${reasonsText(why, 5)}`;
  return `${name}: ${other_keys} of ${counted(instances, 'instance')} with another key${made}${reasons}`;
}
