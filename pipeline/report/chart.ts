import type { Point } from './decimate.js';
import { type Content, type Html, html } from './html.js';
import { linearScale, type Scale, type ScaleOptions } from './scale.js';

export interface Axis extends ScaleOptions {
  /** With its unit: `Latency (ms)`. */
  readonly label: string;
}

export interface Series {
  readonly name: string;
  /** In order of x. A y that is not a number leaves a gap. */
  readonly points: readonly Point[];
  /** Which colour and dash pattern; they go together, so that colour alone never tells two series apart. */
  readonly style: number;
  /** Draws a dot at each point: for series of few. */
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

export interface LineChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see the lines should know: the values that matter, in words. */
  readonly description: string;
  /** A sentence under the chart that says what it shows. */
  readonly caption: Content;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly bands?: readonly Band[];
}

export const STYLE_COUNT = 8;
const WIDTH = 380;
const HEIGHT = 220;
const LEFT = 46;
const RIGHT = 18;
const TOP = 16;
const BOTTOM = 38;

const number = (value: number): string => String(Math.round(value * 10) / 10);

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  left(value: number): number;
  top(value: number): number;
}

function frameOf(chart: LineChart): Frame {
  const xs = chart.series.flatMap((series) => series.points.map(([x]) => x));
  const ys = chart.series.flatMap((series) => series.points.map(([, y]) => y));
  const x = linearScale(xs, { tickCount: 6, isTight: true, ...chart.x });
  const y = linearScale(ys, chart.y);
  return {
    x,
    y,
    left: (value) => LEFT + x.position(value) * (WIDTH - LEFT - RIGHT),
    top: (value) => HEIGHT - BOTTOM - y.position(value) * (HEIGHT - TOP - BOTTOM),
  };
}

/** Path through the points; it lifts the pen over gaps. */
function pathOf(points: readonly Point[], frame: Frame): string {
  let path = '';
  let isDown = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      isDown = false;
      continue;
    }
    path += `${isDown ? 'L' : 'M'}${number(frame.left(x))} ${number(frame.top(y))}`;
    isDown = true;
  }
  return path;
}

function seriesOf(series: Series, frame: Frame, clip: string): Html {
  const style = series.style % STYLE_COUNT;
  const finite = series.points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const showsDots = series.markers === true || finite.length === 1;
  const dots = finite.map(
    ([x, y]) =>
      html`<circle class="mark s${style}" cx="${number(frame.left(x))}" cy="${number(frame.top(y))}" r="3"/>`,
  );
  const path = pathOf(series.points, frame);
  return html`<g clip-path="url(#${clip})"><path class="line s${style}${series.isBackground && ' background'}" d="${path}"/>${showsDots && dots}</g>`;
}

function bandsOf(bands: readonly Band[], frame: Frame): Html[] {
  return bands.map((band) => {
    const from = Math.max(LEFT, frame.left(band.from));
    const to = Math.min(WIDTH - RIGHT, frame.left(band.to));
    const width = Math.max(0, to - from);
    const fits = width > band.name.length * 5.5 + 6;
    const name = html`<text class="band-name" x="${number(from + width / 2)}" y="${TOP - 5}">${band.name}</text>`;
    const area = html`<rect class="band" x="${number(from)}" y="${TOP}" width="${number(width)}" height="${HEIGHT - TOP - BOTTOM}"/>`;
    return html`${band.style === 'shaded' && area}${fits && name}`;
  });
}

function axesOf(chart: LineChart, frame: Frame): Html {
  const bottom = HEIGHT - BOTTOM;
  const rows = frame.y.ticks.map(({ value, text }) => {
    const top = number(frame.top(value));
    return html`<path class="grid" d="M${LEFT} ${top}H${WIDTH - RIGHT}"/><text class="tick" x="${LEFT - 5}" y="${top}" dy="0.35em" text-anchor="end">${text}</text>`;
  });
  const columns = frame.x.ticks.map(({ value, text }) => {
    const left = number(frame.left(value));
    return html`<path class="axis" d="M${left} ${bottom}v4"/><text class="tick" x="${left}" y="${bottom + 15}" text-anchor="middle">${text}</text>`;
  });
  return html`${rows}<path class="axis" d="M${LEFT} ${bottom}H${WIDTH - RIGHT}"/>${columns}
<text class="label" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 5}" text-anchor="middle">${chart.x.label}</text>`;
}

function legendOf(chart: LineChart): Html {
  const lines = chart.series
    .filter(({ isBackground }) => isBackground !== true)
    .map((series) => {
      const style = series.style % STYLE_COUNT;
      return html`<li><svg class="swatch" viewBox="0 0 28 10" aria-hidden="true"><path class="line s${style}" d="M1 5H27"/></svg>${series.name}</li>`;
    });
  const isShaded = chart.bands?.some((band) => band.style === 'shaded') ?? false;
  const shaded = [...new Set(chart.bands?.filter((band) => band.style === 'shaded').map(({ name }) => name))];
  const bands =
    isShaded &&
    html`<li><svg class="swatch" viewBox="0 0 28 10" aria-hidden="true"><rect class="band" width="28" height="10"/></svg>shaded: ${shaded.join(', ')}</li>`;
  return html`<ul class="legend">${lines}${bands}</ul>`;
}

/** A line chart as a `<figure>`: title, inline SVG with a text alternative, legend, and its sentence. Colours are classes of the page's style sheet. */
export function lineChart(chart: LineChart): Html {
  const hasPoints = chart.series.some((series) => series.points.some(([, y]) => Number.isFinite(y)));
  const title = html`<p class="chart-title">${chart.title}</p>`;
  if (!hasPoints) {
    return html`<figure class="chart">${title}<p class="absent">No values to draw.</p><figcaption>${chart.caption}</figcaption></figure>`;
  }
  const frame = frameOf(chart);
  const clip = `${chart.id}-area`;
  return html`<figure class="chart">${title}<p class="y-label" aria-hidden="true">${chart.y.label}</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${chart.id}-title" aria-describedby="${chart.id}-description">
<title id="${chart.id}-title">${chart.title}, line chart over ${chart.x.label}</title>
<desc id="${chart.id}-description">${chart.description}</desc>
<clipPath id="${clip}"><rect x="${LEFT - 4}" y="${TOP - 4}" width="${WIDTH - LEFT - RIGHT + 8}" height="${HEIGHT - TOP - BOTTOM + 8}"/></clipPath>
${bandsOf(chart.bands ?? [], frame)}${axesOf(chart, frame)}
${chart.series.map((series) => seriesOf(series, frame, clip))}</svg>
${legendOf(chart)}<figcaption>${chart.caption}</figcaption></figure>`;
}

/** Several figures side by side where there is room; four of a kind as two by two. */
export function figureGrid(figures: readonly Html[]): Html {
  return html`<div class="figures${figures.length === 4 && ' four'}">${figures}</div>`;
}
