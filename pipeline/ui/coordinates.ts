import { compareCodePoints } from '../base/canonical.js';
import type { Coordinates } from '../contract/config.js';

/** Axes whose value differs among the elements: the only ones worth saying when all of them are on one screen. */
export function varyingAxes(elements: readonly Coordinates[]): string[] {
  const axes = new Set(elements.flatMap((element) => Object.keys(element)));
  return [...axes]
    .filter((axis) => new Set(elements.map((element) => axisValue(element, axis))).size > 1)
    .sort(compareCodePoints);
}

/** `precision=int8 seed=3`; empty where no axis is given. */
export function coordinatesText(element: Coordinates, axes: readonly string[]): string {
  return axes.map((axis) => `${axis}=${axisValue(element, axis)}`).join(' ');
}

/**
 * Names a part of a matrix as shortly as is exact: `seed=3,4 precision=int8` where the part is a product of values
 * (axes whose values all occur are left out), else its elements one by one, at most three.
 */
export function partText(whole: readonly Coordinates[], part: readonly Coordinates[]): string {
  const axes = varyingAxes(whole);
  if (part.length === whole.length) return 'all';
  const values = new Map(axes.map((axis) => [axis, distinct(part, axis)]));
  const inProduct = whole.filter((element) =>
    axes.every((axis) => values.get(axis)?.includes(axisValue(element, axis)) ?? false),
  );
  if (inProduct.length === part.length) {
    return axes
      .filter((axis) => distinct(whole, axis).length > (values.get(axis)?.length ?? 0))
      .map((axis) => `${axis}=${(values.get(axis) ?? []).join(',')}`)
      .join(' ');
  }
  const named = part.slice(0, 3).map((element) => coordinatesText(element, axes));
  return part.length > 3 ? `${named.join(', ')} and ${part.length - 3} more` : named.join(', ');
}

function distinct(elements: readonly Coordinates[], axis: string): string[] {
  return [...new Set(elements.map((element) => axisValue(element, axis)))];
}

function axisValue(element: Coordinates, axis: string): string {
  const value = element[axis];
  return value === undefined ? '-' : String(value);
}
