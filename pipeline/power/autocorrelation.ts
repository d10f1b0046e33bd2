/**
 * How many independent samples a correlated series is worth: `n / (1 + 2 * sum of autocorrelations)`, summed while neighbouring
 * pairs of lags stay positive (C. Geyer, "Practical Markov chain Monte Carlo", 1992: initial positive sequence).
 *
 * @returns between 1 and n; n for a constant series.
 */
export function effectiveSamples(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return n;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const centred = values.map((value) => value - mean);
  const variance = centred.reduce((sum, value) => sum + value * value, 0);
  if (variance === 0) return n;
  const at = (lag: number): number => {
    let sum = 0;
    for (let index = lag; index < n; index += 1) sum += (centred[index] ?? 0) * (centred[index - lag] ?? 0);
    return sum / variance;
  };
  let time = 1;
  // A thousand lags are ten seconds at 100 Hz; what is correlated for longer is the load's own change and no noise.
  const longest = Math.min(n - 1, 1000);
  for (let lag = 1; lag + 1 <= longest; lag += 2) {
    const pair = at(lag) + at(lag + 1);
    if (pair <= 0) break;
    time += 2 * pair;
  }
  return Math.min(n, Math.max(1, n / time));
}
