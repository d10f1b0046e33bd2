import type { Finding } from '../../../pipeline/contract/audit.js';
import { finding, percent, show } from './finding.js';
import { inferencesOf } from './inferences.js';
import { foldOf, medianOf } from './interval.js';
import { COLUMN_NAMES } from './read-tables.js';
import type { Study } from './study.js';

/** Work that differs by less is one constant. */
const SAME_WORK = 0.03;
/** Run times must differ by so much before a constant says anything. */
const APART = 1.2;
/** Weights of so few bits are multiplied as integers by every runtime that is fast with them. */
const INTEGER_BITS = 8;

/** Speed times time at each precision: the middle of the boards. */
function workByBits({ measurements }: Study): ReadonlyMap<number, number> {
  const bits = [...new Set(measurements.map((row) => row.bits))];
  return new Map(
    bits.flatMap((width) => {
      const work = measurements.flatMap(({ bits: own, cells: { flops_per_s: speed, time_s: time } }) =>
        own === width && speed !== undefined && time !== undefined ? [speed.value * time.value] : [],
      );
      return work.length === 0 ? [] : [[width, medianOf(work)] as const];
    }),
  );
}

/** Whether files of integers and of floating-point numbers are said to do the same number of floating-point operations. */
export function hasConstantWork(study: Study): boolean {
  const work = workByBits(study);
  const widths = [...work.keys()];
  const times = study.measurements.flatMap(({ cells }) => cells.time_s?.value ?? []);
  return (
    widths.some((bits) => bits <= INTEGER_BITS) &&
    widths.some((bits) => bits > INTEGER_BITS) &&
    foldOf([...work.values()]) <= 1 + SAME_WORK &&
    foldOf(times) >= APART
  );
}

/** What is the same in every row though it was said to be measured. */
export function constants(study: Study): Finding[] {
  if (!hasConstantWork(study)) return [];
  const work = workByBits(study);
  const inferences = inferencesOf(study);
  const count = inferences === null ? 1 : (inferences.range[0] + inferences.range[1]) / 2;
  const each = medianOf([...work.values()]) / count;
  const row = study.measurements.find(({ cells }) => cells.flops_per_s !== undefined);
  return [
    finding({
      rule: 'flops-constant-over-time',
      table: row?.table ?? '',
      column: COLUMN_NAMES.flops_per_s,
      stated: ['operations per second, as if measured', ''],
      recomputed: [each, inferences === null ? 'FLOP' : 'FLOP/inference'],
      confidence: 'likely',
      what: `FLOPS is one constant over the run time: about ${show(each / 1e6)} million operations ${inferences === null ? 'in all' : 'an inference'} at ${[...work.keys()].join(', ')} bits alike.`,
      why: `At ${INTEGER_BITS} bits the multiplications are of integers, so a count of floating-point operations would be far lower there; the middles of the precisions differ by ${percent(foldOf([...work.values()]) - 1)} only. The column says nothing that the time does not.`,
      settle:
        'How operations were counted, for which length of input, and whether a multiply-add is one or two.',
    }),
  ];
}
