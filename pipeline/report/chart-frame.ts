import * as Plot from '@observablehq/plot';
import { CHARACTER, type Scale, thinned, tickLength, tickOptions } from './chart-axis.js';
import { counted } from './format.js';

/** Of every chart, in pixels of its own: a page shows it wider or narrower. */
export const WIDTH = 380;
const MARGIN_LEFT = 48;
const MARGIN_RIGHT = 20;

export interface Margins {
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
}

/** Equal in most charts, so that those above one another line up; wider where the numbers at the y axis are long. */
export function marginsOf(y: Scale): Margins {
  const marginLeft = Math.max(MARGIN_LEFT, 8 + Math.ceil(CHARACTER * tickLength(y)));
  return { marginLeft, marginRight: MARGIN_RIGHT, marginTop: 18, marginBottom: 22 };
}

export const innerWidth = ({ marginLeft, marginRight }: Margins): number => WIDTH - marginLeft - marginRight;

/** Grid and ticks, as all charts with two axes have them. */
export function frameOf(x: Scale, y: Scale): Plot.Markish[] {
  const line = { stroke: 'var(--rule)', strokeOpacity: 1 };
  return [
    Plot.gridY({ ...tickOptions(y), ...line, strokeWidth: 0.7 }),
    Plot.axisY({ ...tickOptions(y), label: null, tickSize: 0, tickPadding: 5 }),
    Plot.axisX({
      ...tickOptions(thinned(x, innerWidth(marginsOf(y)))),
      label: null,
      tickSize: 4,
      stroke: 'var(--quiet)',
      fill: 'var(--quiet)',
    }),
    Plot.ruleY([y.domain[0]], { stroke: 'var(--quiet)' }),
  ];
}

/** What a logarithmic axis cannot show. */
export function notShown(count: number): string | undefined {
  return count === 0
    ? undefined
    : `${counted(count, 'value')} of 0 or less ${count === 1 ? 'has' : 'have'} no place on a logarithmic axis.`;
}
