import * as Plot from '@observablehq/plot';
import { drawn } from './chart-draw.js';
import { csvText, type Datum } from './csv.js';
import { type Content, type Html, html } from './html.js';

/** What every chart says of itself. */
export interface Figure {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see the chart should know: the values that matter, in words. */
  readonly description: string;
  /** A sentence under the chart that says what it shows. */
  readonly caption: Content;
  /** Where the values are, when they are too many to stand in the page a second time; in the link itself otherwise. */
  readonly data?: DataLink;
}

/** A file beside the page, and what to say of it: `cpu_system of telemetry[3] in report.json`. */
export interface DataLink {
  readonly href: string;
  readonly text: string;
}

export interface Values {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Datum[])[];
}

export interface Drawing {
  /** `line chart over Time (s)`. */
  readonly kind: string;
  readonly width: number;
  readonly height: number;
  /** Names of the axes, below and above: sideways text is hard to read on a telephone, and that of SVG does not wrap. */
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly svg: Html;
  readonly legend?: Content;
  /** What the drawing leaves out, in sentences. */
  readonly remarks?: Content;
}

export const STYLE_COUNT = 8;
/**
 * Dash pattern and symbol go with the colour, so that colour alone never tells two series apart. Round ends, which make
 * a point between two gaps visible, add the width of the line to each dash.
 */
const STYLES: readonly {
  readonly dash?: string;
  readonly symbol: Plot.SymbolType;
  readonly rotate?: number;
}[] = [
  { symbol: 'circle' },
  { symbol: 'square', dash: '5.3 4.7' },
  { symbol: 'triangle', dash: '0.3 4.2' },
  { symbol: 'diamond', dash: '7.3 4.7 0.3 4.7' },
  { symbol: 'star', dash: '3.3 3.7' },
  { symbol: 'wye', dash: '1.3 4.7' },
  { symbol: 'cross', dash: '10.3 5.7' },
  { symbol: 'triangle', dash: '0 5', rotate: 180 },
];

const indexOf = (style: number): number => style % STYLE_COUNT;

export const colorOf = (style: number): string => `var(--s${indexOf(style)})`;

export function strokeOf(style: number): { stroke: string; strokeWidth: number; strokeDasharray?: string } {
  const dash = STYLES[indexOf(style)]?.dash;
  return {
    stroke: colorOf(style),
    strokeWidth: 1.7,
    ...(dash === undefined ? {} : { strokeDasharray: dash }),
  };
}

export function symbolOf(style: number): { symbol: Plot.SymbolType; rotate: number } {
  const { symbol, rotate = 0 } = STYLES[indexOf(style)] ?? { symbol: 'circle' };
  return { symbol, rotate };
}

export type SwatchKind = 'line' | 'marked line' | 'symbol';

/** What stands before a name in a legend, drawn as in the chart. */
function swatch(kind: SwatchKind, style: number): Html {
  const marks = [
    kind !== 'symbol' &&
      Plot.line(
        [
          [1, 5],
          [27, 5],
        ],
        { ...strokeOf(style) },
      ),
    kind !== 'line' &&
      Plot.dot([[14, 5]], { ...symbolOf(style), fill: colorOf(style), r: 3.5, stroke: 'none' }),
  ];
  const content = drawn('swatch', {
    width: 28,
    height: 10,
    margin: 0,
    axis: null,
    x: { domain: [0, 28] },
    y: { domain: [10, 0] },
    marks: marks.filter((mark) => mark !== false),
  });
  return html`<svg class="swatch" viewBox="0 0 28 10" aria-hidden="true">${content}</svg>`;
}

const swatches = new Map<string, Html>();

export function legendEntry(kind: SwatchKind, style: number, name: string): Html {
  const key = `${kind} ${indexOf(style)}`;
  const image = swatches.get(key) ?? swatch(kind, style);
  swatches.set(key, image);
  return html`<li>${image}${name}</li>`;
}

/** Of CSV, as little as an address demands is written in per cent signs. */
const addressOf = (text: string): string =>
  `data:text/csv;charset=utf-8,${encodeURIComponent(text).replace(/%(?:2C|20|3A|3B|2F|3D|40)/g, (code) =>
    code === '%20' ? code : decodeURIComponent(code),
  )}`;

function dataLink({ id, data }: Figure, { columns, rows }: Values): Html {
  // Many links of a page read the same: each is named by its chart, too.
  const name = html`id="${id}-data" aria-labelledby="${id}-data ${id}-title"`;
  if (data !== undefined) return html`<a href="${data.href}" ${name}>${data.text}</a>`;
  const address = addressOf(csvText(columns, rows));
  return html`<a download="${id}.csv" href="${address}" ${name}>Data (CSV)</a>`;
}

/** A figure without a drawing, since there is nothing to draw. */
export function emptyFigure({ title, caption }: Figure): Html {
  return html`<figure class="chart"><p class="chart-title">${title}</p><p class="absent">No values to draw.</p><figcaption>${caption}</figcaption></figure>`;
}

const labelOf = (axis: 'x' | 'y', label: string | undefined): Content =>
  label !== undefined && html`<p class="${axis}-label" aria-hidden="true">${label}</p>`;

/** A chart as a `<figure>`: title, inline SVG with a text alternative, legend, its sentence and a link to its values. */
export function figureOf(figure: Figure, drawing: Drawing, values: Values): Html {
  const { id, title, description, caption } = figure;
  const { kind, width, height, xLabel, yLabel, svg, legend, remarks } = drawing;
  return html`<figure class="chart"><p class="chart-title">${title}</p>${labelOf('y', yLabel)}
<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-description">
<title id="${id}-title">${title}, ${kind}</title><desc id="${id}-description">${description}</desc>${svg}</svg>${labelOf('x', xLabel)}
${legend !== undefined && html`<ul class="legend">${legend}</ul>`}<figcaption>${caption}${remarks !== undefined && html` ${remarks}`} ${dataLink(figure, values)}</figcaption></figure>`;
}

/** Several figures side by side where there is room; four of a kind as two by two. */
export function figureGrid(figures: readonly Html[]): Html {
  return html`<div class="figures${figures.length === 4 && ' four'}">${figures}</div>`;
}
