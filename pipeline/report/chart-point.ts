import * as Plot from '@observablehq/plot';
import type { Point } from '../base/decimate.js';
import { type Axis, cut, positionOf, type Scale, scaleOf } from './chart-axis.js';
import { drawn } from './chart-draw.js';
import { colorOf, emptyFigure, type Figure, figureOf, symbolOf } from './chart-figure.js';
import { frameOf, type Margins, marginsOf, notShown, WIDTH } from './chart-frame.js';
import { type Label, labelled } from './chart-labels.js';
import { counted, formatShort } from './format.js';
import type { Html } from './html.js';

type Interval = readonly [low: number, high: number];

export interface NamedPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly xInterval?: Interval;
  readonly yInterval?: Interval;
  /** Which colour and symbol. */
  readonly style: number;
  /** Grey, behind the others: beaten by another in everything. */
  readonly isDimmed?: boolean;
  /** Larger, with its name in bold. */
  readonly isEmphasized?: boolean;
}

export interface PointChart extends Figure {
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly NamedPoint[];
  /** Points of a front in order of x: a line keeps the y of each until the x of the next. */
  readonly steps?: readonly Point[];
}

const HEIGHT = 262;

function marksOf(points: readonly NamedPoint[], x: Scale, y: Scale): Plot.Markish[] {
  const isKnown = (interval: Interval | undefined): boolean => interval?.every(Number.isFinite) ?? false;
  const end = (scale: Scale, value: number | undefined): number => cut(scale, value ?? Number.NaN);
  const color = ({ isDimmed, style }: NamedPoint): string => (isDimmed ? 'var(--quiet)' : colorOf(style));
  const faint = ({ isDimmed }: NamedPoint): number => (isDimmed ? 0.55 : 1);
  const bars = { stroke: color, strokeOpacity: faint, strokeWidth: 1.2 } as const;
  return [
    Plot.ruleY(
      points.filter(({ xInterval }) => isKnown(xInterval)),
      {
        ...bars,
        y: 'y',
        x1: ({ xInterval }: NamedPoint) => end(x, xInterval?.[0]),
        x2: ({ xInterval }: NamedPoint) => end(x, xInterval?.[1]),
      },
    ),
    Plot.ruleX(
      points.filter(({ yInterval }) => isKnown(yInterval)),
      {
        ...bars,
        x: 'x',
        y1: ({ yInterval }: NamedPoint) => end(y, yInterval?.[0]),
        y2: ({ yInterval }: NamedPoint) => end(y, yInterval?.[1]),
      },
    ),
    ...points.map((point) =>
      Plot.dot([point], {
        x: 'x',
        y: 'y',
        ...symbolOf(point.style),
        fill: color(point),
        fillOpacity: faint(point),
        stroke: 'none',
        r: point.isEmphasized ? 6 : 4,
        title: (one: NamedPoint) => `${one.name}: ${formatShort(one.x)}, ${formatShort(one.y)}`,
      }),
    ),
  ];
}

function labelMark(
  { point, text, left, top }: Label<NamedPoint>,
  { marginLeft, marginTop }: Margins,
): Plot.Markish {
  return Plot.text([text], {
    frameAnchor: 'top-left',
    dx: left - marginLeft,
    dy: top - marginTop,
    lineAnchor: 'middle',
    textAnchor: 'start',
    fill: point.isDimmed ? 'var(--quiet)' : 'var(--text)',
    stroke: 'var(--page)',
    strokeWidth: 3,
    fontSize: 11,
    ...(point.isEmphasized ? { fontWeight: 600 } : {}),
  });
}

/** Points with names; what finds no room has its name in the mark's title and in the data only. */
export function pointChart(chart: PointChart): Html {
  const { id, points, steps = [] } = chart;
  const valuesOf = (axis: 'x' | 'y'): number[] => [
    ...points.flatMap((point) => [
      point[axis],
      ...((axis === 'x' ? point.xInterval : point.yInterval) ?? []),
    ]),
    ...steps.map((step) => step[axis === 'x' ? 0 : 1]),
  ];
  const x: Scale = scaleOf(valuesOf('x'), chart.x);
  const y: Scale = scaleOf(valuesOf('y'), chart.y);
  const finite = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  const drawable = finite.filter((point) => x.shows(point.x) && y.shows(point.y));
  const within = ({ domain: [low, high] }: Scale, value: number): boolean => value >= low && value <= high;
  const shown = drawable.filter((point) => within(x, point.x) && within(y, point.y));
  const margins = marginsOf(y);
  if (shown.length === 0) return emptyFigure(chart);
  // Who comes first finds room for a name, and is drawn over the others.
  const rankOf = (one: NamedPoint): number => (one.isEmphasized ? 0 : one.isDimmed ? 2 : 1);
  const ordered = shown.toSorted((a, b) => rankOf(a) - rankOf(b));
  const labels = labelled(ordered, { x, y, width: WIDTH, height: HEIGHT, ...margins });
  const unnamed = shown.length - labels.length;
  const remarks = [
    notShown(finite.length - drawable.length),
    shown.length < drawable.length &&
      `${counted(drawable.length - shown.length, 'point lies', 'points lie')} outside of the axes.`,
    unnamed > 0 &&
      `${counted(unnamed, 'point')} ${unnamed === 1 ? 'has' : 'have'} no room for a name; the data names all.`,
  ].filter(Boolean);
  const svg = drawn(id, {
    width: WIDTH,
    height: HEIGHT,
    ...margins,
    x: positionOf(x),
    y: positionOf(y),
    marks: [
      ...frameOf(x, y),
      Plot.line(steps, { curve: 'step-after', stroke: 'var(--quiet)', strokeDasharray: '4 3', clip: true }),
      ...marksOf(ordered.toReversed(), x, y),
      ...labels.map((label) => labelMark(label, margins)),
    ],
  });
  return figureOf(
    chart,
    {
      kind: `points by ${chart.x.label} and ${chart.y.label}`,
      width: WIDTH,
      height: HEIGHT,
      xLabel: chart.x.label,
      yLabel: chart.y.label,
      svg,
      ...(remarks.length === 0 ? {} : { remarks: remarks.join(' ') }),
    },
    {
      columns: ['name', chart.x.label, 'x low', 'x high', chart.y.label, 'y low', 'y high'],
      rows: points.map(({ name, xInterval, yInterval, ...point }) => [
        name,
        point.x,
        xInterval?.[0] ?? null,
        xInterval?.[1] ?? null,
        point.y,
        yInterval?.[0] ?? null,
        yInterval?.[1] ?? null,
      ]),
    },
  );
}
