/** A choice with one quality, of which more is better, and one cost. */
export interface Tradeoff {
  readonly quality: number;
  readonly cost: number;
}

/** At least as good in both, and better in one. */
export function dominates(a: Tradeoff, b: Tradeoff): boolean {
  return a.quality >= b.quality && a.cost <= b.cost && (a.quality > b.quality || a.cost < b.cost);
}

/**
 * The Pareto front: for each choice the member of the front that dominates it, null for a member. Choices that are equal
 * in both are members together. Where several members dominate, the one of the best quality is named, of those alike in it the
 * first.
 */
export function frontOf<T extends Tradeoff>(choices: readonly T[]): ReadonlyMap<T, T | null> {
  const front = choices.filter((one) => !choices.some((other) => dominates(other, one)));
  const byQuality = [...front].sort((a, b) => b.quality - a.quality);
  return new Map(
    choices.map((one) => [one, byQuality.find((member) => dominates(member, one)) ?? null] as const),
  );
}
