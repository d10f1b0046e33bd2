import type { Candidate, Constraints, Recommendation } from '../../../pipeline/contract/recommendation.js';
import { byAll, compareNaturally } from '../order.js';
import type { RecommendRow } from './schema.js';

type Judged = Omit<Candidate, 'costs'>;

/**
 * Which file on which device to ship: of those that keep the constraints, the fastest whose mean macro-F1 is within
 * `tolerance` of the best of them; of two as fast, the smaller. Timing that is INVALID or emulated keeps no latency.
 *
 * @param rows `results` of report.json
 */
export function recommend(
  rows: readonly RecommendRow[],
  constraints: Constraints,
  tolerance: number,
): Recommendation {
  const not_considered = rows.flatMap((row) => {
    const why = whyNot(row);
    return why === null ? [] : [{ row: row.id, name: `${row.model} ${row.precision}, ${row.device}`, why }];
  });
  const judged = rows.filter((row) => whyNot(row) === null).map((row) => judge(row, constraints));
  const kept = judged.filter(({ misses }) => misses.length === 0);
  const best = Math.max(...kept.map(({ macro_f1 }) => macro_f1));
  const [chosen] = kept
    .filter(({ macro_f1 }) => macro_f1 >= best - tolerance)
    .sort(
      byAll<Judged>(
        bySpeed,
        (a, b) => a.model_bytes - b.model_bytes,
        (a, b) => compareNaturally(a.row, b.row),
      ),
    );
  const others = judged
    .filter((one) => one !== chosen)
    .sort(
      byAll<Judged>(
        (a, b) => Math.sign(a.misses.length) - Math.sign(b.misses.length),
        (a, b) => b.macro_f1 - a.macro_f1,
        bySpeed,
        (a, b) => compareNaturally(a.row, b.row),
      ),
    );
  return {
    schema: 1,
    constraints,
    tolerance,
    recommended: chosen === undefined ? null : { ...chosen, costs: null },
    alternatives: others.map((one) => ({ ...one, costs: chosen === undefined ? null : costs(one, chosen) })),
    not_considered,
  };
}

/** The fastest first; those without timing last. */
function bySpeed({ latency_ms: a }: Judged, { latency_ms: b }: Judged): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}

function whyNot({ precision, macro_f1 }: RecommendRow): string | null {
  if (precision === 'SavedModel') return 'a SavedModel needs TensorFlow: it is not for devices';
  return Number.isFinite(macro_f1.mean) ? null : 'its macro-F1 is no number';
}

function judge(row: RecommendRow, constraints: Constraints): Judged {
  const { latency_ms: latency, conditions } = row;
  const isTimed = latency.n > 0 && conditions.emulated !== true;
  const latency_is = !isTimed ? null : latency.p90 === null ? 'median' : 'p90';
  const latency_ms = latency_is === null ? null : (latency[latency_is] ?? latency.median);
  const { max_latency_ms, max_memory_bytes, max_size_bytes, min_macro_f1 } = constraints;
  const untimed =
    conditions.emulated === true ? 'an emulated device has no timing' : 'none of its timing counts';
  const misses = [
    max_latency_ms !== undefined && latency_ms === null && `no latency: ${untimed}`,
    max_latency_ms !== undefined &&
      latency_ms !== null &&
      latency_ms > max_latency_ms &&
      `latency is ${times(latency_ms, max_latency_ms)} the limit`,
    max_memory_bytes !== undefined &&
      !(row.peak_rss_bytes <= max_memory_bytes) &&
      `memory is ${times(row.peak_rss_bytes, max_memory_bytes)} the limit`,
    max_size_bytes !== undefined &&
      !(row.model_bytes <= max_size_bytes) &&
      `size is ${times(row.model_bytes, max_size_bytes)} the limit`,
    min_macro_f1 !== undefined &&
      row.macro_f1.mean < min_macro_f1 &&
      `macro-F1 is ${(min_macro_f1 - row.macro_f1.mean).toFixed(3)} too low`,
  ];
  return {
    row: row.id,
    model: row.model,
    precision: row.precision,
    device: row.device,
    macro_f1: row.macro_f1.mean,
    accuracy: row.accuracy.mean,
    latency_ms,
    latency_is,
    peak_rss_bytes: row.peak_rss_bytes,
    model_bytes: row.model_bytes,
    misses: misses.filter((miss) => miss !== false),
  };
}

const times = (value: number, limit: number): string => `${(value / limit).toFixed(2)} times`;

function costs(one: Judged, chosen: Judged): Candidate['costs'] {
  return {
    macro_f1_difference: one.macro_f1 - chosen.macro_f1,
    latency_ratio:
      one.latency_ms === null || chosen.latency_ms === null ? null : one.latency_ms / chosen.latency_ms,
    memory_ratio: one.peak_rss_bytes / chosen.peak_rss_bytes,
    size_ratio: one.model_bytes / chosen.model_bytes,
  };
}
