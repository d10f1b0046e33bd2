import * as Plot from '@observablehq/plot';
import { type Axis, CHARACTER, positionOf, scaleOf, thinned, tickOptions } from './chart-axis.js';
import { drawn } from './chart-draw.js';
import { colorOf, emptyFigure, type Figure, figureOf } from './chart-figure.js';
import { notShown, WIDTH } from './chart-line.js';
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
const HEAD = 22;
const THICKNESS = 12;
const MARGIN_TOP = 4;
const MARGIN_RIGHT = 52;
const MARGIN_BOTTOM = 40;
const LONGEST_NAME = 24;

/** Both ends tell models apart: precision stands last. The whole name is in the mark's title and in the data. */
const shortened = (name: string): string =>
  name.length <= LONGEST_NAME
    ? name
    : `${name.slice(0, LONGEST_NAME / 2 - 1)}…${name.slice(-LONGEST_NAME / 2)}`;

interface Placed {
  readonly bar: Bar;
  /** Pixels from the top to the middle of the bar. */
  readonly top: number;
}

/** Bars and the names of their groups from top to bottom; groups stand where their first bar does. */
function placed(bars: readonly Bar[]): {
  rows: Placed[];
  heads: { name: string; top: number }[];
  height: number;
} {
  const groups = new Map<string, Bar[]>();
  for (const bar of bars) groups.set(bar.group ?? '', [...(groups.get(bar.group ?? '') ?? []), bar]);
  const rows: Placed[] = [];
  const heads: { name: string; top: number }[] = [];
  let top = MARGIN_TOP;
  for (const [name, own] of groups) {
    if (name !== '') {
      heads.push({ name, top: top + HEAD / 2 });
      top += HEAD;
    }
    for (const bar of own) {
      rows.push({ bar, top: top + ROW / 2 });
      top += ROW + (bar.note === undefined ? 0 : NOTE);
    }
  }
  return { rows, heads, height: top + 4 };
}

/** Horizontal bars from zero, each with its name and value; an interval is a thin line over the bar. */
export function barChart(chart: BarChart): Html {
  const { id, bars, value: axis, format = formatShort } = chart;
  const ends = bars.flatMap(({ value, interval }) => [value ?? Number.NaN, ...(interval ?? [])]);
  const isLog = axis.type === 'log';
  const x = scaleOf(isLog ? ends : [0, ...ends], axis);
  const known = bars.filter(({ value }) => value !== null && Number.isFinite(value));
  const shown = known.filter(({ value }) => x.shows(value ?? Number.NaN)).length;
  if (shown === 0) return emptyFigure(chart);
  const { rows, heads, height } = placed(bars);
  const longest = Math.max(...bars.map(({ name }) => shortened(name).length));
  const marginLeft = 12 + Math.ceil(CHARACTER * longest);
  const ticks = tickOptions(thinned(x, WIDTH - marginLeft - MARGIN_RIGHT));
  const base = isLog ? x.domain[0] : Math.min(Math.max(0, x.domain[0]), x.domain[1]);
  const isShown = ({ bar }: Placed): boolean => x.shows(bar.value ?? Number.NaN);
  const withInterval = rows.filter((row) => isShown(row) && row.bar.interval?.every(x.shows));
  const cut = (at: number): number => Math.min(x.domain[1], Math.max(x.domain[0], at));
  const endOf = ({ bar }: Placed): number =>
    isShown({ bar, top: 0 }) ? cut(Math.max(base, bar.value ?? base, bar.interval?.[1] ?? base)) : base;
  const written = ({ bar: { value } }: Placed): string => (value === null ? 'not known' : format(value));
  const text = { textAnchor: 'start', fill: 'var(--text)' } as const;
  const svg = drawn(id, {
    width: WIDTH,
    height: height + MARGIN_BOTTOM,
    marginLeft,
    marginRight: MARGIN_RIGHT,
    marginTop: 0,
    marginBottom: MARGIN_BOTTOM,
    x: positionOf(x),
    y: { domain: [height, 0], axis: null, type: 'linear' },
    marks: [
      Plot.gridX({ ...ticks, stroke: 'var(--rule)', strokeOpacity: 1, strokeWidth: 0.7 }),
      Plot.axisX({
        ...ticks,
        label: axis.label,
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 36,
        tickSize: 0,
      }),
      Plot.rect(rows.filter(isShown), {
        x1: base,
        x2: ({ bar }: Placed) => cut(bar.value ?? base),
        y1: ({ top }: Placed) => top - THICKNESS / 2,
        y2: ({ top }: Placed) => top + THICKNESS / 2,
        fill: ({ bar }: Placed) => colorOf(bar.style),
        title: (row: Placed) => `${row.bar.name}: ${written(row)}`,
      }),
      Plot.ruleX([base], { stroke: 'var(--quiet)' }),
      Plot.ruleY(withInterval, {
        y: 'top',
        x1: ({ bar }: Placed) => cut(bar.interval?.[0] ?? base),
        x2: ({ bar }: Placed) => cut(bar.interval?.[1] ?? base),
        stroke: 'var(--text)',
        strokeWidth: 1.4,
      }),
      Plot.text(rows, {
        ...text,
        y: 'top',
        frameAnchor: 'left',
        textAnchor: 'end',
        dx: -7,
        text: ({ bar }: Placed) => shortened(bar.name),
        title: ({ bar }: Placed) => (shortened(bar.name) === bar.name ? null : bar.name),
      }),
      Plot.text(rows, { ...text, y: 'top', x: endOf, dx: 5, text: written }),
      Plot.text(
        rows.filter(({ bar }) => bar.note !== undefined),
        {
          y: ({ top }: Placed) => top + NOTE,
          x: base,
          dx: 1,
          textAnchor: 'start',
          fontSize: 11,
          text: ({ bar }: Placed) => bar.note,
        },
      ),
      Plot.text(heads, {
        ...text,
        y: 'top',
        frameAnchor: 'left',
        dx: -marginLeft + 2,
        text: 'name',
        fontWeight: 600,
      }),
    ],
  });
  const remarks = notShown(known.length - shown);
  return figureOf(
    chart,
    {
      kind: `bar chart of ${axis.label}`,
      width: WIDTH,
      height: height + MARGIN_BOTTOM,
      svg,
      ...(remarks === undefined ? {} : { remarks }),
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
