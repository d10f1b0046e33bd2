import { randomFrom } from '../../../../../pipeline/base/random.js';
import type { Tables } from '../../../../../stages/report/audit/tables-schema.js';
import { spreadOf } from '../../../../../stages/report/statistics/descriptive.js';

/** Floating-point operations at each precision, relative to 32 bits: integers are not counted. */
const WORK: Readonly<Record<number, number>> = { 32: 1, 16: 1, 8: 0.3 };
const SPEED: Readonly<Record<number, number>> = { 32: 1, 16: 1.02, 8: 1.6 };
const BITS = [32, 16, 8] as const;

const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals));

/** Tables of a study that was measured, computed and rounded without a mistake; another one for every seed. */
export function consistentTables(seed: number): Tables {
  const random = randomFrom(seed);
  const between = (low: number, high: number): number => low + random() * (high - low);
  const whole = (low: number, high: number): number => Math.round(between(low, high));
  const decimals = whole(2, 4);
  const digits = whole(3, 5);
  const inferences = whole(500, 60_000);
  const supply_v = 5.1;
  const slow = { device: `b${seed}x`, soc: 'A', clock_ghz: 1.2, supply_v, supply_a: 2.5 };
  const fast = { device: `b${seed}y`, soc: 'A', clock_ghz: 1.2 * between(1.1, 1.6), supply_v, supply_a: 2.5 };
  const other = { device: `b${seed}z`, soc: 'B', clock_ghz: 1.5, supply_v, supply_a: 3 };
  const seconds = between(0.2, 2);
  /** What memory lets a higher clock gain, at every precision alike. */
  const gain = 1 + (fast.clock_ghz / slow.clock_ghz - 1) * between(0.3, 1);
  const factors = [
    [slow, 1, between(2, 4)],
    [fast, gain, between(3, 5)],
    [other, between(2, 4), between(4, 7)],
  ] as const;
  const flop = between(1e8, 9e9);
  const seeds = whole(3, 10);
  const accuracies = Array.from({ length: seeds }, () => between(0.66, 0.7));
  const f1 = Array.from({ length: seeds }, () => between(0.58, 0.62));
  const scores = BITS.map((bits) => {
    const of = (values: readonly number[]) =>
      spreadOf(values.map((value) => value + between(-0.0005, 0.0005)));
    return { bits, accuracy: of(accuracies), f: of(f1) };
  });
  const table4 = factors.flatMap(([{ device }, speed, watts]) =>
    scores.map(({ bits, accuracy, f }) => {
      const each = seconds / speed / (SPEED[bits] ?? 1);
      const power = rounded((watts * between(0.95, 1.05)) / 1000, 6);
      return {
        device,
        bits,
        power_kw_as_printed: power,
        time_s: Math.round(each * inferences),
        power_per_inference_w_as_printed: rounded(power * 1000, 2),
        time_per_inference_s: rounded(Math.round(each * inferences) / inferences, decimals),
        flops_per_s: Number(((flop * (WORK[bits] ?? 1)) / each).toPrecision(digits)),
        accuracy: rounded(accuracy.mean, 3),
        f_score: rounded(f.mean, 3),
        cpu_percent: rounded(between(20, 90), 1),
        memory_percent: rounded(between(10, 90), 1),
        mpi: Math.round((rounded(accuracy.mean, 3) + rounded(f.mean, 3)) / power),
      };
    }),
  );
  const megabytes = between(60, 400);
  const reference = between(0.01, 0.1);
  const timeOf = (device: string, bits: number): number =>
    table4.find((row) => row.device === device && row.bits === bits)?.time_per_inference_s ?? Number.NaN;
  const fastest = Math.min(...table4.map(({ time_per_inference_s }) => time_per_inference_s));
  const slowest = Math.max(
    ...table4.filter(({ bits }) => bits === 8).map(({ time_per_inference_s }) => time_per_inference_s),
  );
  const slowdown = (device: string): number => rounded(timeOf(device, 32) / reference, 2);
  return {
    source: `made up from seed ${seed}`,
    table2_devices: [slow, fast, other],
    table3: scores.map(({ bits, accuracy, f }) => ({
      bits,
      accuracy_mean: rounded(accuracy.mean, 3),
      accuracy_pm: rounded(accuracy.sd ?? 0, 4),
      accuracy_max: rounded(accuracy.max, 2),
      f_mean: rounded(f.mean, 3),
      f_pm: rounded(f.sd ?? 0, 4),
      f_max: rounded(f.max, 2),
    })),
    table4,
    model_sizes_mb_as_printed: {
      giant_tf: rounded(megabytes * 14, 0),
      dwarf_tf: rounded(megabytes, 0),
      tflite_32: rounded(megabytes, 0),
      tflite_16: rounded(megabytes / 2, 0),
      tflite_8: rounded(megabytes / 4, 0),
    },
    training: { seeds },
    claims: {
      size_reduction_vs_giant: rounded(rounded(megabytes * 14, 0) / rounded(megabytes / 4, 0), 0),
      min_texts_per_second_8bit_all_devices: Math.floor((1 / slowest) * 100) / 100,
      slowdown_vs_giant_desktop_fastest: rounded(fastest / reference, 2),
      slowdown_fp32_vs_giant: { [slow.device]: slowdown(slow.device), [fast.device]: slowdown(fast.device) },
    },
    equations: {
      SI: 'FLOPS / Q',
      MPI: '(accuracy + f_score) / Power_tot',
      RER: '1 / (Energy_tot * CPU% * MEM%)',
      current: 'I = (V_h - V_0) / sensitivity (the zero is V_0)',
    },
  };
}
