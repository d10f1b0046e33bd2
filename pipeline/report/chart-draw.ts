import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml, type Html, html, trusted } from './html.js';

/** Nothing is ever put into it: it only makes the elements of charts. */
const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** As much of the DOM as is read back. */
interface SvgNode {
  readonly nodeType: number;
  readonly localName: string;
  readonly data: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly childNodes: Iterable<SvgNode>;
  getAttribute(name: string): string | null;
}

const ELEMENT = 1;
const GEOMETRY = new Set(
  'd transform x y x1 x2 y1 y2 cx cy r dx dy width height points stroke-width'.split(' '),
);
/** A mark on the edge of the frame is drawn whole. */
const CLIP_MARGIN = 4;

/** A whole number of tenths as SVG reads it: `-.5`, `12`. */
function written(tenths: number): string {
  if (tenths % 10 === 0) return String(tenths / 10 || 0);
  const size = Math.abs(tenths);
  return `${tenths < 0 ? '-' : ''}${Math.floor(size / 10) || ''}.${size % 10}`;
}

const tenthsOf = (number: string): number => Math.round(Number(number) * 10);

/** To a tenth of a pixel: Plot writes up to 17 digits, most of a chart's bytes. */
const shortened = (text: string): string =>
  text.replace(/-?(?:\d*\.\d+(?:e[-+]?\d+)?|\d+e[-+]?\d+)(?![\d.]*em)/g, (number) =>
    written(tenthsOf(number)),
  );

/** A path of straight lines with each point told from the one before, which is half as long. */
function relative(path: string): string {
  let text = '';
  let [left, top] = [0, 0];
  for (const [, command, x, y] of path.matchAll(/([ML])([^,]+),([^MLZ]+)|Z/g)) {
    if (x === undefined || y === undefined) {
      text += 'z';
      continue;
    }
    const [toLeft, toTop] = [tenthsOf(x), tenthsOf(y)];
    const down = toTop - top;
    text +=
      command === 'M'
        ? `M${written(toLeft)} ${written(toTop)}`
        : `l${written(toLeft - left)}${down < 0 ? '' : ' '}${written(down)}`;
    [left, top] = [toLeft, toTop];
  }
  return text;
}

function attributesOf(node: SvgNode, id: string): string {
  let text = '';
  for (const { name, value } of node.attributes) {
    // The image has one text alternative; names of its parts would be read out of order.
    if (name.startsWith('aria-')) continue;
    const isLines = name === 'd' && /^(?:[ML][-\d.e]+,[-\d.e]+|Z)+$/.test(value);
    const own = isLines
      ? relative(value)
      : GEOMETRY.has(name)
        ? shortened(value)
        : value.replace(/plot-clip-\d+/, `${id}-area`);
    text += ` ${name}="${escapeHtml(own)}"`;
  }
  return text;
}

function clipOf(node: SvgNode, id: string): string {
  for (const rect of node.childNodes) {
    const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) =>
      Number(rect.getAttribute(name)),
    );
    return html`<clipPath id="${id}-area"><rect x="${(x ?? 0) - CLIP_MARGIN}" y="${(y ?? 0) - CLIP_MARGIN}" width="${(width ?? 0) + 2 * CLIP_MARGIN}" height="${(height ?? 0) + 2 * CLIP_MARGIN}"/></clipPath>`
      .text;
  }
  return '';
}

/** Plot numbers its clips from the start of the process: they are named by the chart, so that equal charts have equal bytes. */
function textOf(node: SvgNode, id: string): string {
  if (node.nodeType !== ELEMENT) return escapeHtml(node.data);
  if (node.localName === 'style') return '';
  if (node.localName === 'clipPath') return clipOf(node, id);
  const content = contentOf(node, id);
  const start = `<${node.localName}${attributesOf(node, id)}`;
  return content === '' ? `${start}/>` : `${start}>${content}</${node.localName}>`;
}

function contentOf(node: SvgNode, id: string): string {
  let text = '';
  for (const child of node.childNodes) text += textOf(child, id);
  return text;
}

/**
 * What Plot draws, without its `<svg>`, its style sheet and names for screen readers: the page has one of each.
 *
 * @param id of the chart: what is named in the drawing is named after it.
 */
export function drawn(id: string, options: Plot.PlotOptions): Html {
  const svg = Plot.plot({ ...options, document, figure: false }) as unknown as SvgNode;
  return trusted(contentOf(svg, id));
}
