import type { Json } from '../base/canonical.js';
import type { Result } from '../base/result.js';

/** An ACS712 current sensor read by an Arduino Uno, by its range; a table that a bench meter wrote; nothing. */
export type MeterKind = Acs712Kind | 'csv' | 'none';
export type Acs712Kind = 'acs712-05b' | 'acs712-20a' | 'acs712-30a';

/**
 * What a power figure is. `measured_inline`: all that the board draws went through the meter. `partial`: some rails only.
 * `modelled`: computed from something else. Figures of different classes are never ranked together.
 */
export type PowerClass = 'measured_inline' | 'partial' | 'modelled' | 'none';

export interface MeterConfig {
  readonly kind: MeterKind;
  /** Serial port; ACS712 only. */
  readonly port?: string;
  /** Document of `pipeline meter calibrate`, relative to pipeline.yaml; ACS712 only. */
  readonly calibration?: string;
  /** The table, relative to pipeline.yaml; csv only. */
  readonly file?: string;
  /** What columns hold, where their names do not say it: `name [unit]`; csv only. */
  readonly columns?: Readonly<Partial<Record<CsvQuantity, string>>>;
  /** Supply voltage of the board where no column has it, volts; csv only. */
  readonly voltage?: number;
  /** Standard uncertainty of the bench meter's power, percent; csv only. */
  readonly accuracy_percent?: number;
  /** What part of the board's power it sees; `measured_inline` when absent. */
  readonly class?: Exclude<PowerClass, 'none'>;
}

export type CsvQuantity = 'time' | 'current' | 'voltage' | 'power';

/** The first line of a recording. */
export interface RecordingHeader {
  readonly record: 'header';
  readonly schema: 1;
  readonly kind: MeterKind;
  readonly power_class: PowerClass;
  /** True where a simulator stood in for the meter: its figures mean nothing outside of tests. */
  readonly emulated: boolean;
  /** What the times of the samples are read from. */
  readonly clock: 'meter' | 'file';
  /** What took the samples, for people: firmware and rate, or the bench meter's file. */
  readonly sampler: string;
  /** Length of one block, seconds; null where rows are samples. */
  readonly block_s: number | null;
  /** Host clock at the start, seconds since 1970 (`hostClock` in power: it never jumps). */
  readonly started_at_s: number;
}

/** Raw sums of one block of conversions: `current` on A0, `voltage` on A1. */
export interface BlockRecord {
  readonly record: 'block';
  /** As the meter counted, 16 bits. */
  readonly seq: number;
  /** Meter clock when the block was closed, microseconds, 32 bits. */
  readonly t_us: number;
  /** Host clock when the line arrived, seconds since 1970. */
  readonly host_s: number;
  readonly current: CodeSums;
  readonly voltage: CodeSums;
}

/** Of ADC codes from 0 to 1023. */
export interface CodeSums {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

/** A GPIO pin of the board changed its level. */
export interface EdgeRecord {
  readonly record: 'edge';
  readonly seq: number;
  readonly t_us: number;
  readonly host_s: number;
  readonly level: 0 | 1;
}

/** One row of a bench meter. */
export interface SampleRecord {
  readonly record: 'sample';
  /** Clock of the file, seconds. */
  readonly t_s: number;
  readonly current_a: number | null;
  readonly voltage_v: number | null;
  readonly power_w: number;
}

/** A line of the meter that is none of ours, as text; the first of them are kept, all are counted. */
export interface DamagedRecord {
  readonly record: 'damaged';
  readonly host_s: number;
  readonly text: string;
}

/** The last line of a recording that was ended; one that was cut off has none. */
export interface EndRecord {
  readonly record: 'end';
  readonly summary: RecordingSummary;
}

export interface RecordingSummary {
  /** Blocks, or rows of a table. */
  readonly samples: number;
  readonly edges: number;
  readonly damaged: number;
  /** Samples that the meter took and that did not arrive. */
  readonly dropped: number;
  /** From the first sample to the last, seconds. */
  readonly duration_s: number;
  readonly emulated: boolean;
}

export type MeterRecord =
  | RecordingHeader
  | BlockRecord
  | EdgeRecord
  | SampleRecord
  | DamagedRecord
  | EndRecord;

export interface MeterFailure {
  /**
   * `library`: `serialport` cannot be loaded here; `port`: it cannot be opened; `silent`: nothing of ours arrives; `lost`: it went away;
   * `file`: a table, recording or calibration is not there or is not one; `implausible`: no board draws that.
   */
  readonly reason: 'library' | 'port' | 'silent' | 'lost' | 'file' | 'implausible';
  readonly message: string;
  readonly hint?: string;
}

/** A power meter of one device. */
export interface Meter {
  readonly kind: MeterKind;
  readonly powerClass: PowerClass;
  /** Why nothing more will come; null while all is well. */
  readonly failure: MeterFailure | null;
  /** Begins to record into `file` (JSON lines); resolves when samples arrive. */
  start(file: string): Promise<Result<void, MeterFailure>>;
  /** Ends the recording. What arrived until a failure stays in the file. */
  stop(): Promise<Result<RecordingSummary, MeterFailure>>;
}

/** A stretch of time, seconds of a clock that its place names. */
export interface TimeSpan {
  readonly from_s: number;
  readonly to_s: number;
}

/** Why a measurement does not count, with what shows it. */
export interface MeterFinding {
  readonly gate:
    | 'meter-lost'
    | 'meter-dropped'
    | 'meter-gap'
    | 'window-outside'
    | 'idle-outside'
    | 'idle-drift'
    | 'under-voltage'
    | 'throttled';
  readonly message: string;
  readonly samples: readonly Json[];
}

/** Least-squares line from one clock to another: `y = y0 + rate * (x - x0)`. */
export interface ClockMap {
  readonly from: string;
  readonly to: string;
  readonly x0_s: number;
  readonly y0_s: number;
  /** Seconds of `to` in a second of `from`. */
  readonly rate: number;
  readonly pairs: number;
  /** Standard deviation of the pairs around the line, seconds. */
  readonly residual_s: number;
  /** Standard uncertainties of `y0_s` and `rate`. */
  readonly u_y0_s: number;
  readonly u_rate: number;
}

/** Document of `pipeline meter calibrate`, kept by the user. */
export interface MeterCalibration {
  readonly schema: 1;
  readonly kind: Acs712Kind;
  readonly emulated: boolean;
  /** ISO 8601. */
  readonly made_at: string;
  readonly current: {
    /** Mean code / 1024 with no load. */
    readonly zero_ratio: number;
    readonly counts_per_ampere: number;
    /** Standard uncertainties: of zero in amperes, of gain relative. */
    readonly u_zero_a: number;
    readonly u_gain: number;
    /** Largest distance of a point from the line, amperes: integral non-linearity. */
    readonly residual_a: number;
    readonly points: readonly CurrentPoint[];
  };
  /** Null where no voltage was read off: then the divider's nominal ratio counts. */
  readonly voltage: {
    /** Supply voltage at ratio 1. */
    readonly volts_per_ratio: number;
    /** Standard uncertainty, relative. */
    readonly u_gain: number;
    readonly points: readonly VoltagePoint[];
  } | null;
}

export interface CurrentPoint {
  /** What the reference instrument showed. */
  readonly ampere: number;
  readonly ratio: number;
  readonly conversions: number;
  /** Distance from the fitted line, amperes. */
  readonly residual_a: number;
}

export interface VoltagePoint {
  readonly volt: number;
  readonly ratio: number;
}

/** A value with its expanded uncertainty (coverage factor 2). */
export interface UncertainFigure {
  readonly value: number;
  readonly u_k2: number;
}

/** One line of the uncertainty budget. */
export interface BudgetEntry {
  readonly name:
    | 'offset'
    | 'linearity'
    | 'gain'
    | 'voltage'
    | 'adc'
    | 'clock-rate'
    | 'window-edges'
    | 'noise';
  /** Standard uncertainty of gross and net energy from this alone, joules. */
  readonly gross_j: number;
  readonly net_j: number | null;
  /** Whether more samples make it smaller. */
  readonly averages_out: boolean;
  readonly source: 'calibration' | 'datasheet' | 'declared' | 'assumed' | 'samples' | 'clock-map';
}

export interface EnergyFigure {
  readonly schema: 1;
  readonly meter: MeterKind;
  readonly power_class: PowerClass;
  readonly emulated: boolean;
  readonly calibrated: boolean;
  /** From the beginning of the first window to the end of the last one, where there are several. */
  readonly window: { readonly clock: string; readonly from_s: number; readonly to_s: number };
  /** Length of all windows together, seconds. */
  readonly measured_s: number;
  readonly gross_j: UncertainFigure;
  /** Idle power subtracted; null where no idle window was given. */
  readonly net_j: UncertainFigure | null;
  readonly mean_w: UncertainFigure;
  readonly idle_w: UncertainFigure | null;
  /** Two windows of this meter whose mean powers differ by less cannot be told apart. */
  readonly resolvable_w: number;
  readonly samples: number;
  /** Independent samples, from the autocorrelation. */
  readonly n_eff: number;
  readonly dropped_share: number;
  readonly budget: readonly BudgetEntry[];
  readonly method: string;
  readonly trials: number;
  readonly seed: number;
  /** Reasons why the figure is INVALID; none when empty. */
  readonly invalid: readonly MeterFinding[];
  readonly paper_v1: PaperReading | null;
}

/** The paper's own arithmetic, for comparison with it alone. */
export interface PaperReading {
  readonly label: 'as published, not recommended';
  /** Sum of V * I / 1000 over the samples: it grows with the sample rate. */
  readonly power_tot_kw: number;
  readonly sample_rate_hz: number;
  /** `power_tot_kw` times the duration. */
  readonly energy_tot_kws: number;
  /** Mean of eq. (5) times V: a voltage taken for a current, whatever flows; null without ADC codes. */
  readonly equation_5_mean_w: number | null;
}
