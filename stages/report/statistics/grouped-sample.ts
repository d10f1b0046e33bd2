/** Neighbouring values count as one group. Groups of all values are about as large as one another, so that those of a sample are, too. */
const GROUPS = 256;

/** Values with those of each group together, in no order within it. */
export interface GroupedSample {
  readonly values: Float64Array;
  /** How many values stand before each group, and at last how many there are. */
  readonly starts: Uint32Array;
}

/** Upper ends of all groups but the last. @param sorted all values that there are, ascending */
export function groupEnds(sorted: Float64Array): Float64Array {
  return Float64Array.from(
    { length: GROUPS - 1 },
    (_, group) => sorted[Math.floor(((group + 1) * sorted.length) / GROUPS)] ?? Number.NaN,
  );
}

/** The group of each value: how many ends are no higher. */
export function groupsOf(values: Float64Array, ends: Float64Array): Uint8Array {
  const groups = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    let group = 0;
    for (let step = GROUPS / 2; step >= 1; step /= 2) {
      if ((ends[group + step - 1] ?? Number.NaN) <= value) group += step;
    }
    groups[index] = group;
  }
  return groups;
}

/** The values at these places; what is not a number is left out. */
export function sampleAt(places: Uint32Array, values: Float64Array, groups: Uint8Array): GroupedSample {
  const starts = new Uint32Array(GROUPS + 1);
  let length = 0;
  for (const place of places) {
    if (!Number.isFinite(values[place])) continue;
    const group = groups[place] ?? 0;
    starts[group + 1] = (starts[group + 1] ?? 0) + 1;
    length += 1;
  }
  for (let group = 1; group <= GROUPS; group += 1) {
    starts[group] = (starts[group] ?? 0) + (starts[group - 1] ?? 0);
  }
  const next = starts.slice();
  const grouped = new Float64Array(length);
  for (const place of places) {
    const value = values[place] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const group = groups[place] ?? 0;
    const at = next[group] ?? 0;
    grouped[at] = value;
    next[group] = at + 1;
  }
  return { values: grouped, starts };
}

/** For each share, as `quantile` of all these samples' values in order: of a few groups alone, which are sorted. */
export function quantilesOf(samples: readonly GroupedSample[], shares: readonly number[]): number[] {
  const before = (group: number): number => {
    let count = 0;
    for (const { starts } of samples) count += starts[group] ?? 0;
    return count;
  };
  const length = before(GROUPS);
  let [low, high] = [0, 0];
  let sorted: Float64Array = new Float64Array();
  /** The value at this place in order, from 0. */
  const valueAt = (place: number): number => {
    if (place < low || place >= high) {
      let group = 0;
      for (let step = GROUPS / 2; step >= 1; step /= 2) {
        if (before(group + step) <= place) group += step;
      }
      [low, high] = [before(group), before(group + 1)];
      sorted = groupOf(samples, group, high - low).sort();
    }
    return sorted[place - low] ?? Number.NaN;
  };
  return shares.map((share) => {
    if (length === 0) return Number.NaN;
    const position = share * (length - 1);
    const below = Math.floor(position);
    const value = valueAt(below);
    return value + (valueAt(Math.min(below + 1, length - 1)) - value) * (position - below);
  });
}

function groupOf(samples: readonly GroupedSample[], group: number, length: number): Float64Array {
  const all = new Float64Array(length);
  let at = 0;
  for (const { values, starts } of samples) {
    const end = starts[group + 1] ?? 0;
    for (let index = starts[group] ?? 0; index < end; index += 1) {
      all[at] = values[index] ?? Number.NaN;
      at += 1;
    }
  }
  return all;
}
