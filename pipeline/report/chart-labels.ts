import * as Plot from '@observablehq/plot';
import { CHARACTER, positionOf, type Scale } from './chart-axis.js';

/** What is to be named, the most important first. */
export interface Named {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly xInterval?: readonly [low: number, high: number];
  readonly yInterval?: readonly [low: number, high: number];
  readonly isEmphasized?: boolean;
}

export interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly height: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
}

/** A name with the left end and the middle of its line, in pixels. */
export interface Label {
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly isEmphasized: boolean;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const LINE = 12;
const GAP = 7;
const RADIUS = 5;

const meet = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/**
 * Puts names beside their points: right, left, above or below, wherever they cover neither a point nor another name.
 *
 * @returns those that found room.
 */
export function labelled(points: readonly Named[], frame: Frame): Label[] {
  const { width, height, marginLeft, marginRight, marginTop, marginBottom } = frame;
  const left = Plot.scale({ x: { ...positionOf(frame.x), range: [marginLeft, width - marginRight] } });
  const top = Plot.scale({ y: { ...positionOf(frame.y), range: [height - marginBottom, marginTop] } });
  const placed = points.map((point) => ({
    ...point,
    left: Number(left.apply(point.x)),
    top: Number(top.apply(point.y)),
  }));
  const taken: Box[] = placed.flatMap(({ xInterval, yInterval, ...point }) => {
    const [from = point.left, to = point.left] = (xInterval ?? []).map((end) => Number(left.apply(end)));
    const [low = point.top, high = point.top] = (yInterval ?? []).map((end) => Number(top.apply(end)));
    return [
      {
        left: point.left - RADIUS,
        right: point.left + RADIUS,
        top: point.top - RADIUS,
        bottom: point.top + RADIUS,
      },
      { left: from, right: to, top: point.top - 1, bottom: point.top + 1 },
      { left: point.left - 1, right: point.left + 1, top: high, bottom: low },
    ];
  });
  const inside = (box: Box): boolean =>
    box.left >= marginLeft && box.right <= width && box.top >= 0 && box.bottom <= height - marginBottom;
  return placed.flatMap((point) => {
    const length = point.name.length * CHARACTER * (point.isEmphasized ? 1.08 : 0.94);
    const places = [
      [point.left + GAP, point.top],
      [point.left - GAP - length, point.top],
      [point.left - length / 2, point.top - LINE],
      [point.left - length / 2, point.top + LINE],
      [point.left + 4, point.top - LINE],
      [point.left + 4, point.top + LINE],
      [point.left - length - 4, point.top - LINE],
      [point.left - length - 4, point.top + LINE],
    ] as const;
    for (const [from, middle] of places) {
      const box = { left: from, right: from + length, top: middle - LINE / 2, bottom: middle + LINE / 2 };
      if (!inside(box) || taken.some((other) => meet(box, other))) continue;
      taken.push(box);
      return [{ name: point.name, left: from, top: middle, isEmphasized: point.isEmphasized ?? false }];
    }
    return [];
  });
}
