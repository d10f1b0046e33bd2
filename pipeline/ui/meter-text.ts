import { uncertainDigits } from '../base/uncertain-digits.js';
import type {
  BudgetEntry,
  EnergyFigure,
  MeterCalibration,
  RecordingSummary,
  UncertainFigure,
} from '../contract/meter.js';

/** An energy figure as a person reads it. */
export function energyLines(figure: EnergyFigure): string[] {
  const { window, net_j, idle_w, invalid, paper_v1 } = figure;
  const seconds = figure.measured_s;
  const lines = invalid.map(({ gate, message }) => `INVALID (${gate}): ${message}`);
  lines.push(
    `energy         ${withUncertainty(figure.gross_j, 'J')}`,
    ...(net_j === null ? [] : [`net of idle    ${withUncertainty(net_j, 'J')}`]),
    `mean power     ${withUncertainty(figure.mean_w, 'W')}`,
    ...(idle_w === null ? [] : [`idle power     ${withUncertainty(idle_w, 'W')}`]),
    `window         ${seconds.toFixed(3)} s of the clock of the ${window.clock}`,
    `samples        ${figure.samples}, worth ${Math.round(figure.n_eff)} independent ones; ${(100 * figure.dropped_share).toFixed(3)} % missing`,
    `meter          ${figure.meter}, ${figure.power_class}${figure.calibrated ? ', calibrated' : ''}`,
    '',
    'uncertainty (standard, each alone):',
    ...figure.budget.map(budgetLine),
    '',
    `Mean powers of two windows of this meter that differ by less than ${significant(figure.resolvable_w)} W cannot be told apart.`,
  );
  if (figure.meter.startsWith('acs712') && !figure.calibrated) {
    lines.push(
      'The meter is not calibrated, so the limits of its datasheet count: see `pipeline meter calibrate`.',
    );
  }
  if (figure.emulated) lines.push('EMULATED: a simulator stood in for the meter.');
  if (paper_v1 !== null) {
    const literal = paper_v1.equation_5_mean_w;
    lines.push(
      '',
      `paper_v1 (${paper_v1.label}):`,
      `  sum of V*I/1000   ${significant(paper_v1.power_tot_kw)} "kW" at ${significant(paper_v1.sample_rate_hz)} samples/s`,
      `  times duration    ${significant(paper_v1.energy_tot_kws)} "kW s"`,
      ...(literal === null
        ? []
        : [`  eq. (5) times V   ${significant(literal)} "W", whatever the board draws`]),
    );
  }
  return lines;
}

function budgetLine({ name, gross_j, net_j, averages_out, source }: BudgetEntry): string {
  const net = net_j === null ? '' : `, net ${significant(net_j)} J`;
  const text = averages_out ? `${source}; falls with more samples` : source;
  return `  ${name.padEnd(13)}${significant(gross_j)} J${net} (${text})`;
}

export function summaryLines(summary: RecordingSummary): string[] {
  const { samples, edges, damaged, dropped, duration_s, emulated } = summary;
  const lines = [
    `${samples} samples in ${duration_s.toFixed(1)} s, ${edges} edges; ${dropped} missing, ${damaged} damaged`,
  ];
  if (emulated) lines.push('EMULATED: a simulator stood in for the meter.');
  return lines;
}

export function calibrationLines({ current, voltage, emulated }: MeterCalibration): string[] {
  const lines = [
    `zero           ${current.zero_ratio.toFixed(5)} of full scale, +- ${milli(current.u_zero_a)} mA`,
    `gain           ${current.counts_per_ampere.toFixed(3)} counts/A, +- ${(100 * current.u_gain).toFixed(2)} %`,
    `non-linearity  ${milli(current.residual_a)} mA at most, over ${current.points.length} points`,
    voltage === null
      ? 'voltage        not calibrated: a divider of two equal resistors is assumed'
      : `voltage        ${voltage.volts_per_ratio.toFixed(4)} V at full scale, +- ${(100 * voltage.u_gain).toFixed(2)} %`,
  ];
  if (emulated) lines.push('EMULATED: a simulator stood in for the meter.');
  return lines;
}

function withUncertainty({ value, u_k2 }: UncertainFigure, unit: string): string {
  const share = value === 0 ? '' : ` (${((100 * u_k2) / Math.abs(value)).toFixed(1)} %, k = 2)`;
  const digits = uncertainDigits(u_k2);
  return `${value.toFixed(digits)} ${unit} +- ${u_k2.toFixed(digits)} ${unit}${share}`;
}

function significant(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function milli(amperes: number): string {
  return (1000 * amperes).toFixed(2);
}
