import * as Plot from '@observablehq/plot';
import { type Axis, CHARACTER, positionOf, scaleOf, thinned, tickOptions } from './chart-axis.js';
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
const HEAD = 22;
const THICKNESS = 12;
const MARGIN_TOP = 4;
const MARGIN_RIGHT = 24;
const MARGIN_BOTTOM = 40;
const MARGIN_LEFT = 12;
const LONGEST_NAME = 24;
/** Keeps text apart from the grid behind it. */
const HALO = { stroke: 'var(--page)', strokeWidth: 3 } as const;

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
  const isShown = ({ bar }: Pick<Placed, 'bar'>): boolean => x.shows(bar.value ?? Number.NaN);
  const written = ({ bar: { value } }: Placed): string => (value === null ? 'not known' : format(value));
  const shortName = (name: string): string => shortened(name, LONGEST_NAME);
  const longest = Math.max(...bars.map(({ name }) => shortName(name).length));
  const marginLeft = MARGIN_LEFT + Math.ceil(CHARACTER * longest);
  const marginRight = Math.max(
    MARGIN_RIGHT,
    MARGIN_LEFT + CHARACTER * Math.max(...rows.filter(isShown).map((row) => written(row).length)),
  );
  const width = WIDTH - marginLeft - marginRight;
  const ticks = tickOptions(thinned(x, width));
  const base = isLog ? x.domain[0] : Math.min(Math.max(0, x.domain[0]), x.domain[1]);
  const withInterval = rows.filter((row) => isShown(row) && row.bar.interval?.every(x.shows));
  const cut = (at: number): number => Math.min(x.domain[1], Math.max(x.domain[0], at));
  const endOf = ({ bar }: Placed): number =>
    isShown({ bar }) ? cut(Math.max(base, bar.value ?? base, bar.interval?.[1] ?? base)) : base;
  const text = { textAnchor: 'start', fill: 'var(--text)' } as const;
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
        text: ({ bar }: Placed) => shortName(bar.name),
        title: ({ bar }: Placed) => (shortName(bar.name) === bar.name ? null : bar.name),
      }),
      Plot.text(rows, { ...text, y: 'top', x: endOf, dx: 5, text: written, ...HALO }),
      Plot.text(
        rows.filter(({ bar }) => bar.note !== undefined),
        {
          y: ({ top }: Placed) => top + NOTE,
          x: base,
          dx: 1,
          textAnchor: 'start',
          fontSize: 11,
          fill: 'var(--quiet)',
          text: ({ bar }: Placed) => shortened(bar.note ?? '', Math.floor((width + marginRight) / 5.8)),
          title: ({ bar }: Placed) => bar.note,
          ...HALO,
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
