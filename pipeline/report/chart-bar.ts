import * as Plot from '@observablehq/plot';
import { type Axis, cut, positionOf, type Scale, scaleOf, thinned, tickOptions } from './chart-axis.js';
import { drawn } from './chart-draw.js';
import { colorOf, emptyFigure, type Figure, figureOf } from './chart-figure.js';
import { notShown, WIDTH } from './chart-frame.js';
import { shortened } from './chart-labels.js';
import { formatShort } from './format.js';
import type { Html } from './html.js';

export interface Bar {
  readonly name: string;
  /** Bars of one group stand together under its name. */
  readonly group?: string;
  /** `null` is not known, which the chart says. */
  readonly value: number | null;
  readonly interval?: readonly [low: number, high: number];
  /** Which colour. */
  readonly style: number;
  /** A few words under the bar. */
  readonly note?: string;
}

export interface BarChart extends Figure {
  readonly value: Axis;
  readonly bars: readonly Bar[];
  /** How a value is written beside its bar; with three digits unless told. */
  readonly format?: (value: number) => string;
}

const ROW = 20;
const NOTE = 13;
/** Notes are smaller than other text. */
const NOTE_CHARACTER = 5.8;
/** Names of groups are bold. */
const BOLD_CHARACTER = 8.3;
const HEAD = 22;
const THICKNESS = 12;
const MARGIN_TOP = 4;
const MARGIN_BOTTOM = 22;
const MARGIN = 12;
const LONGEST_NAME = 24;
/** Keeps text apart from the grid behind it. */
const HALO = { stroke: 'var(--page)', strokeWidth: 3 } as const;

interface Placed {
  readonly bar: Bar;
  /** Pixels from the top to the middle of the bar. */
  readonly top: number;
}

interface Head {
  readonly name: string;
  readonly top: number;
}

/** Where bars stand one below the other without a name of a group between, in pixels from the top. */
interface Block {
  readonly from: number;
  readonly to: number;
}

/** Width in pixels in a wide font, DejaVu Sans: in a narrower one some room stays free. */
const wideWidthOf = (text: string): number =>
  [...text].reduce(
    (sum, character) =>
      sum + (/[mwMW%@…]/.test(character) ? 12 : /[ijlftrI.,:;'|()\- ]/.test(character) ? 5 : 8),
    0,
  );

/** Bars and the names of their groups from top to bottom; groups stand where their first bar does. */
function placed(bars: readonly Bar[]): {
  rows: Placed[];
  heads: Head[];
  blocks: Block[];
  height: number;
} {
  const groups = new Map<string, Bar[]>();
  for (const bar of bars) groups.set(bar.group ?? '', [...(groups.get(bar.group ?? '') ?? []), bar]);
  const rows: Placed[] = [];
  const heads: Head[] = [];
  const blocks: Block[] = [];
  let top = MARGIN_TOP;
  for (const [name, own] of groups) {
    if (name !== '') {
      heads.push({ name, top: top + HEAD / 2 });
      top += HEAD;
    }
    const from = top;
    for (const bar of own) {
      rows.push({ bar, top: top + ROW / 2 });
      top += ROW + (bar.note === undefined ? 0 : NOTE);
    }
    blocks.push({ from, to: top });
  }
  return { rows, heads, blocks, height: top + 4 };
}

interface Layout {
  readonly x: Scale;
  /** Where bars start: 0, or the low end of a logarithmic axis. */
  readonly base: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly written: (bar: Bar) => string;
}

const isShown = ({ x }: Layout, { value }: Bar): boolean => value !== null && x.shows(value);

function barMarks(rows: readonly Placed[], blocks: readonly Block[], layout: Layout): Plot.Markish[] {
  const { x, base, written } = layout;
  const shown = rows.filter(({ bar }) => isShown(layout, bar));
  const edge = { stroke: 'var(--text)', strokeWidth: 1.4 };
  return [
    Plot.rect(shown, {
      x1: base,
      x2: ({ bar }: Placed) => cut(x, bar.value ?? base),
      y1: ({ top }: Placed) => top - THICKNESS / 2,
      y2: ({ top }: Placed) => top + THICKNESS / 2,
      fill: ({ bar }: Placed) => colorOf(bar.style),
      title: ({ bar }: Placed) => `${bar.name}: ${written(bar)}`,
    }),
    Plot.ruleX(blocks, { x: base, y1: 'from', y2: 'to', stroke: 'var(--quiet)' }),
    Plot.ruleY(
      shown.filter(({ bar }) => bar.interval?.every(Number.isFinite)),
      {
        ...edge,
        y: 'top',
        x1: ({ bar }: Placed) => cut(x, bar.interval?.[0] ?? base),
        x2: ({ bar }: Placed) => cut(x, bar.interval?.[1] ?? base),
      },
    ),
  ];
}

function textMarks(rows: readonly Placed[], heads: readonly Head[], layout: Layout): Plot.Markish[] {
  const { x, base, marginLeft, written } = layout;
  const style = { y: 'top', fill: 'var(--text)', textAnchor: 'start' } as const;
  const left = { ...style, frameAnchor: 'left' } as const;
  const endOf = ({ bar }: Placed): number =>
    isShown(layout, bar) ? cut(x, Math.max(base, bar.value ?? base, bar.interval?.[1] ?? base)) : base;
  const fitted = (longest: number, textOf: (row: Placed) => string) => ({
    text: (row: Placed) => shortened(textOf(row), longest),
    title: (row: Placed) => (shortened(textOf(row), longest) === textOf(row) ? null : textOf(row)),
  });
  const nameOf = ({ bar }: Placed): string => bar.name;
  const noteOf = ({ bar }: Placed): string => bar.note ?? '';
  const noted = rows.filter(({ bar }) => bar.note !== undefined);
  const noteLength = Math.floor((WIDTH - marginLeft) / NOTE_CHARACTER);
  return [
    Plot.text(rows, { ...left, ...fitted(LONGEST_NAME, nameOf), textAnchor: 'end', dx: -7 }),
    Plot.text(rows, { ...style, ...HALO, x: endOf, dx: 5, text: ({ bar }: Placed) => written(bar) }),
    Plot.text(noted, {
      ...left,
      ...HALO,
      ...fitted(noteLength, noteOf),
      dx: 1,
      dy: NOTE,
      fontSize: 11,
      fill: 'var(--quiet)',
    }),
    Plot.text(heads, {
      ...left,
      ...HALO,
      dx: 2 - marginLeft,
      text: ({ name }: Head) => shortened(name, Math.floor(WIDTH / BOLD_CHARACTER)),
      fontWeight: 600,
    }),
  ];
}

function layoutOf({ value: axis, bars, format = formatShort }: BarChart): Layout {
  const ends = bars.flatMap(({ value, interval }) => [value ?? Number.NaN, ...(interval ?? [])]);
  const isLog = axis.type === 'log';
  // The least of them must be seen as a bar, too.
  const x = scaleOf([...ends, ...(isLog ? ends.map((end) => end / 2) : [0])], axis);
  const written = ({ value }: Bar): string => (value === null ? 'not known' : format(value));
  const widthOf = (texts: readonly string[]): number =>
    MARGIN + Math.ceil(Math.max(...texts.map(wideWidthOf)));
  return {
    x,
    base: isLog ? x.domain[0] : cut(x, 0),
    marginLeft: widthOf(bars.map(({ name }) => shortened(name, LONGEST_NAME))),
    marginRight: Math.max(2 * MARGIN, widthOf(bars.map(written))),
    written,
  };
}

/** Horizontal bars from zero, each with its name and value; an interval is a thin line over the bar. */
export function barChart(chart: BarChart): Html {
  const { id, bars, value: axis } = chart;
  const layout = layoutOf(chart);
  const known = bars.filter(({ value }) => value !== null && Number.isFinite(value));
  const shown = known.filter((bar) => isShown(layout, bar));
  if (shown.length === 0) return emptyFigure(chart);
  const { x, marginLeft, marginRight } = layout;
  const { rows, heads, blocks, height } = placed(bars);
  const ticks = tickOptions(thinned(x, WIDTH - marginLeft - marginRight));
  const svg = drawn(id, {
    width: WIDTH,
    height: height + MARGIN_BOTTOM,
    marginLeft,
    marginRight,
    marginTop: 0,
    marginBottom: MARGIN_BOTTOM,
    x: positionOf(x),
    y: { domain: [height, 0], axis: null, type: 'linear' },
    marks: [
      Plot.gridX({ ...ticks, stroke: 'var(--rule)', strokeOpacity: 1, strokeWidth: 0.7 }),
      Plot.axisX({
        ...ticks,
        label: null,
        tickSize: 0,
      }),
      ...barMarks(rows, blocks, layout),
      ...textMarks(rows, heads, layout),
    ],
  });
  return figureOf(
    chart,
    {
      kind: `bar chart of ${axis.label}`,
      width: WIDTH,
      height: height + MARGIN_BOTTOM,
      xLabel: axis.label,
      svg,
      remarks: notShown(known.length - shown.length),
    },
    {
      columns: ['group', 'name', axis.label, 'low', 'high', 'note'],
      rows: bars.map(({ group = null, name, value, interval, note = null }) => [
        group,
        name,
        value,
        interval?.[0] ?? null,
        interval?.[1] ?? null,
        note,
      ]),
    },
  );
}
