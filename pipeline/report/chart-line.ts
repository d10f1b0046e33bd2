import * as Plot from '@observablehq/plot';
import type { Point } from '../base/decimate.js';
import { type Axis, positionOf, type Scale, scaleOf } from './chart-axis.js';
import { drawn } from './chart-draw.js';
import {
  colorOf,
  emptyFigure,
  type Figure,
  figureOf,
  legendEntry,
  strokeOf,
  symbolOf,
} from './chart-figure.js';
import { frameOf, innerWidth, marginsOf, notShown, WIDTH } from './chart-frame.js';
import { type Html, html } from './html.js';

export interface Series {
  readonly name: string;
  /** In order of x. A y that is not a number leaves a gap. */
  readonly points: readonly Point[];
  /** Which colour, dash pattern and symbol. */
  readonly style: number;
  /** Draws a symbol at each point: for series of few. */
  readonly markers?: boolean;
  /** Drawn thin behind the others and left out of the legend: the raw values behind a mean. */
  readonly isBackground?: boolean;
}

/** A stretch of the x axis with a name. */
export interface Band {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly style: 'shaded' | 'plain';
}

export interface LineChart extends Figure {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly bands?: readonly Band[];
}

const HEIGHT = 202;
const NAME_SIZE = 11;
const NAME_CHARACTER = 5.8;

function bandMarks(
  bands: readonly Band[],
  { domain: [low, high], type }: Scale,
  width: number,
): Plot.Markish[] {
  const cut = bands
    .map((band) => ({ ...band, from: Math.max(low, band.from), to: Math.min(high, band.to) }))
    .filter(({ from, to }) => to > from);
  const place = type === 'log' ? Math.log : (value: number) => value;
  const fits = ({ from, to, name }: Band): boolean => {
    const share = (place(to) - place(from)) / (place(high) - place(low));
    return share * width > name.length * NAME_CHARACTER;
  };
  const middle = ({ from, to }: Band): number => (type === 'log' ? Math.sqrt(from * to) : (from + to) / 2);
  const shaded = cut.filter(({ style }) => style === 'shaded');
  return [
    Plot.rect(shaded, { x1: 'from', x2: 'to', fill: 'var(--band)' }),
    Plot.text(cut.filter(fits), {
      x: middle,
      text: 'name',
      frameAnchor: 'top',
      lineAnchor: 'bottom',
      dy: -4,
      fontSize: NAME_SIZE,
    }),
  ];
}

const valueText = (value: number | undefined): string => String(Number((value ?? Number.NaN).toPrecision(4)));

/** A line of one point would not be seen. */
const isMarked = ({ markers, points }: Series): boolean =>
  markers === true || points.filter((point) => point.every(Number.isFinite)).length === 1;

function seriesMarks(series: Series, x: Scale, y: Scale): Plot.Markish[] {
  const points = series.points.map(([at, value]) =>
    x.shows(at) && y.shows(value) ? [at, value] : [Number.NaN, Number.NaN],
  );
  const finite = points.filter(([at]) => Number.isFinite(at));
  const look = series.isBackground
    ? { stroke: colorOf(series.style), strokeWidth: 0.8, strokeOpacity: 0.4 }
    : strokeOf(series.style);
  const dots = Plot.dot(finite, {
    ...symbolOf(series.style),
    fill: colorOf(series.style),
    r: 3,
    stroke: 'none',
    clip: true,
    title: ([at, value]: number[]) => `${series.name}: ${valueText(at)}, ${valueText(value)}`,
  });
  const line = Plot.line(points, { ...look, clip: true });
  return [line, ...(isMarked(series) ? [dots] : [])];
}

function legendOf({ series, bands = [] }: LineChart): Html {
  const lines = series
    .filter(({ isBackground }) => isBackground !== true)
    .map((one) => legendEntry(isMarked(one) ? 'marked line' : 'line', one.style, one.name));
  const shaded = [...new Set(bands.filter(({ style }) => style === 'shaded').map(({ name }) => name))];
  const swatch = html`<svg class="swatch" viewBox="0 0 28 10" aria-hidden="true"><rect fill="var(--band)" width="28" height="10"/></svg>`;
  return html`${lines}${shaded.length > 0 && html`<li>${swatch}shaded: ${shaded.join(', ')}</li>`}`;
}

/** Lines over a common x axis. */
export function lineChart(chart: LineChart): Html {
  const all = chart.series.flatMap(({ points }) => points);
  const x = scaleOf(
    all.map(([at]) => at),
    { tickCount: 6, isTight: true, ...chart.x },
  );
  const y = scaleOf(
    all.map(([, value]) => value),
    chart.y,
  );
  const finite = all.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value));
  const shown = finite.filter(([at, value]) => x.shows(at) && y.shows(value)).length;
  if (shown === 0) return emptyFigure(chart);
  const margins = marginsOf(y);
  const svg = drawn(chart.id, {
    width: WIDTH,
    height: HEIGHT,
    ...margins,
    x: positionOf(x),
    y: positionOf(y),
    marks: [
      ...bandMarks(chart.bands ?? [], x, innerWidth(margins)),
      ...frameOf(x, y),
      ...chart.series.flatMap((series) => seriesMarks(series, x, y)),
    ],
  });
  return figureOf(
    chart,
    {
      kind: `line chart over ${chart.x.label}`,
      width: WIDTH,
      height: HEIGHT,
      xLabel: chart.x.label,
      yLabel: chart.y.label,
      svg,
      legend: legendOf(chart),
      remarks: notShown(finite.length - shown),
    },
    {
      columns: ['series', chart.x.label, chart.y.label],
      rows: chart.series.flatMap(({ name, points }) => points.map(([at, value]) => [name, at, value])),
    },
  );
}
