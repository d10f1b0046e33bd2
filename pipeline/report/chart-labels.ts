import * as Plot from '@observablehq/plot';
import { CHARACTER, cut, positionOf, type Scale } from './chart-axis.js';
import type { Margins } from './chart-frame.js';

/** What is to be named, the most important first. */
export interface Named {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly xInterval?: readonly [low: number, high: number];
  readonly yInterval?: readonly [low: number, high: number];
  readonly isEmphasized?: boolean;
}

export interface Frame extends Margins {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly height: number;
}

/** A name, shortened where it is long, with the left end and the middle of its line in pixels. */
export interface Label<T> {
  readonly point: T;
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Without its middle, since both ends tell models apart: precision stands last. The mark's title and the data have the whole. */
export function shortened(name: string, longest: number): string {
  const characters = [...name];
  if (characters.length <= longest) return name;
  const end = Math.floor(longest / 2);
  const [head, tail] = [characters.slice(0, longest - end - 1), characters.slice(-end)];
  return `${head.join('').trimEnd()}…${tail.join('').trimStart()}`;
}

const LONGEST_NAME = 28;
const LINE = 12;
const GAP = 7;
const RADIUS = 5;

const meet = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/**
 * Puts names beside their points: right, left, above or below, wherever they cover neither a point nor another name; an
 * interval only where one that is emphasized has no other place.
 *
 * @returns those that found room.
 */
export function labelled<T extends Named>(points: readonly T[], frame: Frame): Label<T>[] {
  const { width, height, marginLeft, marginRight, marginTop, marginBottom } = frame;
  const left = Plot.scale({ x: { ...positionOf(frame.x), range: [marginLeft, width - marginRight] } });
  const top = Plot.scale({ y: { ...positionOf(frame.y), range: [height - marginBottom, marginTop] } });
  const placed = points.map((point) => ({
    point,
    left: Number(left.apply(point.x)),
    top: Number(top.apply(point.y)),
  }));
  const taken: Box[] = placed.map((at) => ({
    left: at.left - RADIUS,
    right: at.left + RADIUS,
    top: at.top - RADIUS,
    bottom: at.top + RADIUS,
  }));
  const intervals: Box[] = placed.flatMap(({ point: { xInterval, yInterval }, ...at }) => {
    const [from = at.left, to = at.left] = (xInterval ?? []).map((end) =>
      Number(left.apply(cut(frame.x, end))),
    );
    const [low = at.top, high = at.top] = (yInterval ?? []).map((end) =>
      Number(top.apply(cut(frame.y, end))),
    );
    return [
      { left: from, right: to, top: at.top - 1, bottom: at.top + 1 },
      { left: at.left - 1, right: at.left + 1, top: high, bottom: low },
    ];
  });
  const inside = (box: Box): boolean =>
    box.left >= marginLeft && box.right <= width && box.top >= 0 && box.bottom <= height - marginBottom;
  return placed.flatMap(({ point, ...at }) => {
    const text = shortened(point.name, LONGEST_NAME);
    const length = text.length * CHARACTER * (point.isEmphasized ? 1.08 : 0.94);
    const places = [
      [at.left + GAP, at.top],
      [at.left - GAP - length, at.top],
      [at.left - length / 2, at.top - LINE],
      [at.left - length / 2, at.top + LINE],
      [at.left + 4, at.top - LINE],
      [at.left + 4, at.top + LINE],
      [at.left - length - 4, at.top - LINE],
      [at.left - length - 4, at.top + LINE],
    ] as const;
    const free = places
      .map(([from, middle]) => ({
        left: from,
        right: from + length,
        top: middle - LINE / 2,
        bottom: middle + LINE / 2,
        middle,
      }))
      .filter((box) => inside(box) && !taken.some((other) => meet(box, other)));
    const clear = free.find((box) => !intervals.some((other) => meet(box, other)));
    // What matters is named even where its name crosses the interval of another point.
    const box = clear ?? (point.isEmphasized ? free[0] : undefined);
    if (box === undefined) return [];
    taken.push(box);
    return [{ point, text, left: box.left, top: box.middle }];
  });
}
