/** What the paper's indices are made of; null where it is not known. */
export interface PaperInputs {
  /** Floating-point operations per second. */
  readonly flops_per_s: number | null;
  /** Bits of a stored weight. */
  readonly bits: number | null;
  /** Seconds for the whole test set. */
  readonly time_s: number | null;
  readonly accuracy: number | null;
  readonly f_score: number | null;
  /** The paper's power column: kW by its heading, a sum of samples by its behaviour. */
  readonly power_tot_kw: number | null;
  /** 0 to 100, of all processors together. */
  readonly cpu_percent: number | null;
  /** 0 to 100, of the board's memory. */
  readonly memory_percent: number | null;
}

/** SI, MPI and RER; null where something that they need is not known. */
export interface PaperIndices {
  readonly si: number | null;
  readonly mpi: number | null;
  readonly rer: number | null;
}

/** What gives the same ideas a unit and a direction: more is better in the first three, less in the last two. */
export interface CorrectedIndices {
  /** In place of SI, 1/s. */
  readonly inferences_per_s: number | null;
  /** In place of MPI, 1/J. */
  readonly right_answers_per_j: number | null;
  /** In place of RER: inferences over joules, seconds of the whole board (`board_s`) and gigabytes, 1/(J s GB). */
  readonly inferences_per_j_s_gb: number | null;
  /** Time of all processors together that one inference keeps busy, as a part of the board, s. */
  readonly board_s: number | null;
  /** GB of 10^9 bytes. */
  readonly memory_gb: number | null;
}

/** The value of `of`, or null where one of the values is. */
function known(
  values: readonly (number | null)[],
  of: (...numbers: readonly number[]) => number,
): number | null {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length < values.length) return null;
  const result = of(...numbers);
  return Number.isFinite(result) ? result : null;
}

/**
 * Equations 2 to 4 of the paper (arXiv 2310.03971), exactly as published: SI = FLOPS / (Q t), MPI = (accuracy + F) / Power_tot in kW,
 * RER = Energy_tot / (CPU% MEM%). Energy_tot is not defined there; Power_tot times t is the reading that gives what its text says of RER.
 */
export function paperV1(inputs: PaperInputs): PaperIndices {
  const { flops_per_s, bits, time_s, accuracy, f_score, power_tot_kw, cpu_percent, memory_percent } = inputs;
  return {
    si: known([flops_per_s, bits, time_s], (flops = 0, q = 0, t = 0) => flops / (q * t)),
    mpi: known([accuracy, f_score, power_tot_kw], (acc = 0, f = 0, power = 0) => (acc + f) / power),
    rer: known(
      [power_tot_kw, time_s, cpu_percent, memory_percent],
      (power = 0, t = 0, cpu = 0, memory = 0) => (power * t) / (cpu * memory),
    ),
  };
}

export interface CorrectedInputs {
  readonly seconds_per_inference: number | null;
  readonly accuracy: number | null;
  /** Energy of one inference; null without a meter whose unit is known. */
  readonly joules_per_inference: number | null;
  readonly cpu_percent: number | null;
  readonly memory_gb: number | null;
}

export function corrected(inputs: CorrectedInputs): CorrectedIndices {
  const { seconds_per_inference, accuracy, joules_per_inference, cpu_percent, memory_gb } = inputs;
  const board_s = known([seconds_per_inference, cpu_percent], (s = 0, cpu = 0) => (s * cpu) / 100);
  return {
    inferences_per_s: known([seconds_per_inference], (s = 0) => 1 / s),
    right_answers_per_j: known([accuracy, joules_per_inference], (right = 0, j = 0) => right / j),
    inferences_per_j_s_gb: known(
      [joules_per_inference, board_s, memory_gb],
      (j = 0, s = 0, gb = 0) => 1 / (j * s * gb),
    ),
    board_s,
    memory_gb,
  };
}

/** Where each definition misleads, for everyone who reads a value of it. */
export const MISLEADING = [
  {
    index: 'SI',
    definition: 'FLOPS / (Q t)',
    unit: 'FLOP/(bit s²)',
    misleads:
      'In the paper FLOPS is a constant over the time, so that time counts twice; t is of the whole test set, so that the index falls with its size; 8 bits get four times the value of 32 bits without being any faster.',
    instead: 'inferences per second (1/s)',
  },
  {
    index: 'MPI',
    definition: '(accuracy + F) / Power_tot',
    unit: '1/kW',
    misleads:
      'In the paper Power_tot behaves as a sum of samples and no power: it grows with the length of the run and with the sampling rate. Accuracy and F differ by a few thousandths, so that the index is the inverse of that sum.',
    instead: 'right answers per joule (1/J)',
  },
  {
    index: 'RER',
    definition: 'Energy_tot / (CPU% MEM%)',
    unit: 'kW s',
    misleads:
      'More energy makes it higher, and higher is said to be better. CPU% and MEM% are parts of a board, so that a board with more memory gets a higher value for the same program. Energy_tot is not defined: here Power_tot times t.',
    instead: 'inferences over joules, seconds of the whole board and gigabytes (1/(J s GB))',
  },
] as const;
