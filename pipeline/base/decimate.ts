export type Point = readonly [x: number, y: number];

/**
 * Thins a series for drawing and keeps its envelope: of each of `buckets` runs of neighbouring points the first, the
 * last, the lowest and the highest stay, in their order. A point whose y is not a number stays too: it is a gap to show.
 *
 * @returns at most `4 * buckets` points plus the gaps; the same points when there are no more than that.
 */
export function decimate(points: readonly Point[], buckets: number): readonly Point[] {
  if (points.length <= 4 * buckets) return points;
  const kept: Point[] = [];
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const from = Math.floor((bucket * points.length) / buckets);
    const to = Math.floor(((bucket + 1) * points.length) / buckets);
    let lowest = -1;
    let highest = -1;
    for (let index = from; index < to; index += 1) {
      const y = points[index]?.[1] ?? Number.NaN;
      if (Number.isNaN(y)) continue;
      if (lowest < 0 || y < (points[lowest]?.[1] ?? 0)) lowest = index;
      if (highest < 0 || y > (points[highest]?.[1] ?? 0)) highest = index;
    }
    for (let index = from; index < to; index += 1) {
      const point = points[index];
      if (point === undefined) continue;
      const isEdge = index === from || index === to - 1;
      if (isEdge || index === lowest || index === highest || Number.isNaN(point[1])) kept.push(point);
    }
  }
  return kept;
}
