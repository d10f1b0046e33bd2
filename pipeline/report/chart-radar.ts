import * as Plot from '@observablehq/plot';
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
import { WIDTH } from './chart-frame.js';
import { shortened } from './chart-labels.js';
import { formatShort } from './format.js';
import type { Html } from './html.js';

export interface Shape {
  readonly name: string;
  /** Which colour, dash pattern and symbol. */
  readonly style: number;
  /** One for each axis: 0 is the centre, 1 the rim; `null` where there is none, which breaks the outline. */
  readonly values: readonly (number | null)[];
}

export interface RadarChart extends Figure {
  readonly axes: readonly string[];
  readonly shapes: readonly Shape[];
}

const HEIGHT = 300;
const LONGEST_NAME = 40;
const RINGS = [0.25, 0.5, 0.75, 1];
/** Half of the frame's height, in units of the rim's radius. */
const REACH = 1.3;
/** Pixels from the centre to the rim. */
const RADIUS = HEIGHT / 2 / REACH;
const EM = 12;

type Place = readonly [x: number, y: number];

/** A spider chart: as many axes as spokes, the first upwards, then clockwise. */
export function radarChart(chart: RadarChart): Html {
  const { id, axes, shapes } = chart;
  const at = (axis: number, value: number): Place => {
    const angle = (2 * Math.PI * axis) / axes.length;
    return [value * Math.sin(angle), value * Math.cos(angle)];
  };
  const placeOf = (value: number | null | undefined, axis: number): Place =>
    value === null || value === undefined || !Number.isFinite(value)
      ? [Number.NaN, Number.NaN]
      : at(axis, Math.min(1, Math.max(0, value)));
  const outlines = shapes.map(({ values, ...shape }) => ({
    ...shape,
    places: axes.map((_, axis) => placeOf(values[axis], axis)),
    values,
  }));
  const isDrawn = outlines.some(({ places }) => places.some(([x]) => Number.isFinite(x)));
  if (!isDrawn || axes.length < 3) return emptyFigure(chart);
  const closed = (places: readonly Place[]): Place[] => [...places, ...places.slice(0, 1)];
  const reach = (REACH * WIDTH) / HEIGHT;
  const svg = drawn(id, {
    width: WIDTH,
    height: HEIGHT,
    margin: 0,
    axis: null,
    x: { domain: [-reach, reach] },
    y: { domain: [-REACH, REACH] },
    marks: [
      ...RINGS.map((ring) =>
        Plot.line(closed(axes.map((_, axis) => at(axis, ring))), { stroke: 'var(--rule)', strokeWidth: 0.8 }),
      ),
      Plot.link(
        axes.map((_, axis) => at(axis, 1)),
        { x1: 0, y1: 0, x2: '0', y2: '1', stroke: 'var(--rule)' },
      ),
      Plot.text([0.5, 1], {
        x: 0,
        y: (ring: number) => ring,
        dx: 3,
        textAnchor: 'start',
        fontSize: 10,
        text: (ring: number) => String(ring),
      }),
      ...outlines.flatMap(({ name, style, places, values }) => [
        Plot.line(closed(places), { ...strokeOf(style) }),
        Plot.dot(
          places.map((place, axis) => ({ place, axis })).filter(({ place }) => Number.isFinite(place[0])),
          {
            ...symbolOf(style),
            x: ({ place }: { place: Place }) => place[0],
            y: ({ place }: { place: Place }) => place[1],
            fill: colorOf(style),
            stroke: 'none',
            r: 3,
            title: ({ axis }: { axis: number }) =>
              `${name}, ${axes[axis]}: ${formatShort(values[axis] ?? Number.NaN)}`,
          },
        ),
      ]),
      ...axes.map((name, axis) => {
        const [x, y] = at(axis, 1.06);
        const side = Math.abs(x) < 0.1 ? 'middle' : x > 0 ? 'start' : 'end';
        return Plot.text([shortened(name, LONGEST_NAME)], {
          x: () => x,
          y: () => y,
          textAnchor: side,
          lineAnchor: y > 0.5 ? 'bottom' : y < -0.5 ? 'top' : 'middle',
          lineWidth: side === 'middle' ? 14 : (WIDTH / 2 - Math.abs(x) * RADIUS) / EM,
          fill: 'var(--text)',
        });
      }),
    ],
  });
  return figureOf(
    chart,
    {
      kind: `radar chart of ${axes.length} values`,
      width: WIDTH,
      height: HEIGHT,
      svg,
      legend: shapes.map(({ name, style }) => legendEntry('marked line', style, name)),
    },
    {
      columns: ['name', ...axes],
      rows: shapes.map(({ name, values }) => [name, ...axes.map((_, axis) => values[axis] ?? null)]),
    },
  );
}
